import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CompactSet } from './compact-set.ts';

const steps = fc.array(fc.record({ item: fc.nat({ max: 60 }), add: fc.boolean() }), { maxLength: 400, size: 'max' });

it('is a set, whatever is done to it and however many it holds', () => {
  const property = fc.property(steps, fc.nat({ max: 60 }), (all, start) => {
    const [model, set] = [new Set<number>(), new CompactSet<number>()];
    for (let item = 0; item < start; item += 1) expect(set.add(item)).toBe(!!model.add(item));
    for (const { item, add } of all) {
      const had = model.has(item);
      if (add) model.add(item);
      expect(add ? set.add(item) : set.delete(item)).toBe(add ? !had : model.delete(item));
      expect([set.size, set.has(item)]).toEqual([model.size, add]);
    }
    expect([...set]).toEqual([...model]);
  });
  fc.assert(property, { seed: 20260101 });
});
