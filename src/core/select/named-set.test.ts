import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NamedSet } from './named-set.ts';

interface Item {
  readonly name: string;
  readonly version: number;
}

const name = fc.nat(60).map((n) => `item-${n}`);
const step = fc.oneof(
  { arbitrary: name.map((set) => ({ set })), weight: 3 },
  { arbitrary: name.map((drop) => ({ drop })), weight: 2 },
);

describe('a set of named objects', () => {
  it('holds the last of each name, whatever is done to it and however many it holds', () => {
    fc.assert(
      fc.property(fc.array(step, { size: 'large', maxLength: 300 }), (steps) => {
        const [model, set] = [new Map<string, Item>(), new NamedSet<Item>()];
        for (const [version, taken] of steps.entries()) {
          if ('set' in taken) {
            const item = { name: taken.set, version };
            model.set(item.name, item);
            set.set(item);
            set.set(item);
          } else expect(set.delete(taken.drop)).toBe(model.delete(taken.drop));
          const about = 'set' in taken ? taken.set : taken.drop;
          expect(set.get(about)).toBe(model.get(about));
          expect(set.size).toBe(model.size);
        }
        expect(new Set(set)).toEqual(new Set(model.values()));
      }),
    );
  });
});
