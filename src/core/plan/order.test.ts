import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Resource } from '../model/resource.ts';
import { arrangeTable, type Arrangement } from './order.ts';

const rule = (name: string): Resource => ({
  kind: 'policy',
  name,
  spec: {},
  refs: [],
  effect: name.startsWith('D') ? 'Deny' : 'Accept',
  position: 0,
});
const rules = (names: readonly string[]): Resource[] => names.map(rule);
const words = ({ raised, arranged }: Arrangement<Resource>): string[] =>
  [...raised, ...arranged].map(({ op, key, place }) => `${op} ${key.name} after ${place?.after ?? 'top'}`);

/** Carries out placements on a list, calling `seen` after each. */
function play(list: readonly string[], arrangement: Arrangement<Resource>, seen: (list: string[]) => void): string[] {
  const order = [...list];
  for (const { key, place } of [...arrangement.raised, ...arrangement.arranged]) {
    const at = order.indexOf(key.name);
    if (at >= 0) order.splice(at, 1);
    const after = place?.after ?? null;
    order.splice(after === null ? 0 : order.indexOf(after) + 1, 0, key.name);
    seen(order);
  }
  return order;
}

describe('arrangeTable', () => {
  it('puts back in their order those that something of others stands in front of', () => {
    const current = rules(['A1', 'A2', 'D3', 'A4']).map((one, index) =>
      index < 2 ? one : { ...one, detached: true as const },
    );
    const arrangement = arrangeTable(current, rules(['A1', 'A2', 'D3', 'A4']));
    expect(words(arrangement)).toEqual(['move D3 after A2', 'move A4 after D3']);
  });

  it.each([
    ['creates rules in sequence', [], ['A1', 'A2'], ['create A1 after top', 'create A2 after A1']],
    ['leaves a table alone that is in order', ['A1', 'D1'], ['A1', 'D1'], []],
    ['moves one rule when one is out of place', ['A1', 'A2', 'A3'], ['A3', 'A1', 'A2'], ['move A3 after top']],
    ['creates a denying rule above the accepting ones below it', ['A1'], ['D1', 'A1'], ['create D1 after top']],
    ['raises a denying rule first', ['A1', 'D1'], ['D1', 'A1'], ['move D1 after top']],
    ['lets a denying rule sink below an accepting one', ['D1', 'A1'], ['A1', 'D1'], ['move D1 after A1']],
    ['keeps an old denying rule where it is', ['D0', 'A1'], ['A1', 'A2'], ['create A2 after A1']],
  ])('%s', (_title, current, target, expected) => {
    expect(words(arrangeTable(rules(current), rules(target)))).toEqual(expected);
  });

  const names: fc.Arbitrary<string[]> = fc.uniqueArray(
    fc.constantFrom('A1', 'A2', 'A3', 'A4', 'A5', 'D1', 'D2', 'D3', 'D4'),
    { maxLength: 9 },
  );
  const above = (list: readonly string[], accept: string): string[] =>
    list.slice(0, list.indexOf(accept)).filter((name) => name.startsWith('D'));

  it('ends in the wanted order, whatever was there', () => {
    fc.assert(
      fc.property(names, names, (before, target) => {
        const current = before.filter((name) => name.startsWith('D') || target.includes(name));
        const end = play(current, arrangeTable(rules(current), rules(target)), () => undefined);
        expect(end.filter((name) => target.includes(name))).toEqual(target);
      }),
      { seed: 7, numRuns: 3000 },
    );
  });

  it('never lets an accepting rule stand above a denying one unless old or new order has it so', () => {
    fc.assert(
      fc.property(names, names, (before, target) => {
        const current = before.filter((name) => name.startsWith('D') || target.includes(name));
        const arrangement = arrangeTable(rules(current), rules(target));
        let step = 0;
        play(current, arrangement, (list) => {
          step += 1;
          for (const accept of list.filter((name) => name.startsWith('A'))) {
            const now = new Set(above(list, accept));
            const coversNew = above(target, accept).every((deny) => now.has(deny));
            const coversOld = current.includes(accept) && above(current, accept).every((deny) => now.has(deny));
            // While denying rules rise, what stood above still does; afterwards everything that belongs above does.
            expect(step <= arrangement.raised.length ? coversOld : coversNew).toBe(true);
          }
        });
      }),
      { seed: 11, numRuns: 3000 },
    );
  });
});
