import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GroupDelta } from '../../model/desired.ts';
import { portion } from './portion.ts';
import { withoutEarlier, type Waiting } from './waiting.ts';

const roles = { a: 'Accept', b: 'Accept', d: 'Deny' } as const;
const delta = (
  id: keyof typeof roles,
  { added = [], removed = [] }: Partial<Pick<GroupDelta, 'added' | 'removed'>>,
): GroupDelta => ({ id, role: roles[id], added, removed });

const range = (net: number, count: number): string[] => Array.from({ length: count }, (_, at) => `10.0.${net}.${at}`);

describe('what one request carries', () => {
  it('is all of it, where it holds however many', () => {
    const waiting = [
      { after: 1, groups: [delta('a', { added: ['10.0.0.1'] })] },
      { after: 2, groups: [delta('a', { removed: ['10.0.0.1'], added: ['10.0.0.2'] })] },
    ];
    expect(portion(waiting)).toEqual({
      now: [delta('a', { removed: ['10.0.0.1'], added: ['10.0.0.2'] })],
      later: [],
    });
  });

  it('takes the device to none of the versions between, where an address comes back before it was sent that it goes', () => {
    const waiting = [
      { after: 5, groups: [delta('a', { removed: ['10.0.0.1'] })] },
      { after: 6, groups: [delta('a', { added: ['10.0.0.1', '10.0.0.2'] }), delta('b', { added: ['10.0.0.1'] })] },
    ];
    expect(withoutEarlier(waiting)).toEqual([
      { after: 5, groups: [delta('a', { added: ['10.0.0.1'] })] },
      { after: 6, groups: [delta('a', { added: ['10.0.0.2'] }), delta('b', { added: ['10.0.0.1'] })] },
    ]);
  });

  it('is full, although versions do not come to its size', () => {
    const [first, second] = [range(1, 60), range(2, 60)];
    const { now, later } = portion(
      [
        { after: 4, groups: [delta('a', { added: first })] },
        { after: 5, groups: [delta('a', { added: second })] },
      ],
      100,
    );
    expect(now).toEqual([delta('a', { added: [...first, ...second.slice(0, 40)] })]);
    expect(later).toEqual([{ after: 5, groups: [delta('a', { added: second.slice(40) })] }]);
  });

  it('has who is to be shut out, however many wait to be let in', () => {
    const waiting = [
      { after: 7, groups: [delta('a', { added: range(1, 300) }), delta('d', { removed: range(1, 300) })] },
      { after: 8, groups: [delta('a', { removed: ['10.9.9.9'] }), delta('d', { added: ['10.9.9.8'] })] },
    ];
    const { now, later } = portion(waiting, 100);
    expect(now.find(({ id }) => id === 'a')).toMatchObject({ removed: ['10.9.9.9'], added: range(1, 100) });
    expect(now.find(({ id }) => id === 'd')).toMatchObject({ added: ['10.9.9.8'] });
    expect(later.map(({ after }) => after)).toEqual([7]);
  });

  it('lets nobody in who has yet to be shut out elsewhere', () => {
    const { now, later } = portion(
      [{ after: 1, groups: [delta('a', { removed: range(1, 3) }), delta('b', { added: ['10.0.1.2', '10.0.9.9'] })] }],
      2,
    );
    expect(now).toEqual([delta('a', { removed: ['10.0.1.0', '10.0.1.1'] }), delta('b', { added: ['10.0.9.9'] })]);
    expect(later).toEqual([
      { after: 1, groups: [delta('a', { removed: ['10.0.1.2'] }), delta('b', { added: ['10.0.1.2'] })] },
    ]);
  });

  it('by and by is every last change, once, and no request holds more than it may', () => {
    const address = fc.constantFrom(...range(1, 6));
    const change = fc.record({ id: fc.constantFrom('a', 'b', 'd'), address, joins: fc.boolean() });
    const of = ({ id, address: who }: { readonly id: string; readonly address: string }): string => `${id} ${who}`;
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(change, { maxLength: 6, minLength: 1, selector: of }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        (versions, most) => {
          const wanted = new Map(versions.flat().map((one) => [of(one), one.joins]));
          let waiting: readonly Waiting[] = versions.map((changes, after) => ({
            after,
            groups: changes.map(({ id, address: who, joins }) => delta(id, { [joins ? 'added' : 'removed']: [who] })),
          }));
          const carried: [string, boolean][] = [];
          while (waiting.length > 0) {
            const { now, later } = portion(waiting, most);
            expect(now.length).toBeGreaterThan(0);
            for (const { id, added, removed } of now) {
              expect(Math.max(added.length, removed.length)).toBeLessThanOrEqual(most);
              carried.push(...added.map((who): [string, boolean] => [`${id} ${who}`, true]));
              carried.push(...removed.map((who): [string, boolean] => [`${id} ${who}`, false]));
            }
            expect(later.every(({ after }, at) => after >= (later[at - 1]?.after ?? 0))).toBe(true);
            waiting = later;
          }
          expect(carried.length).toBe(wanted.size);
          expect(new Map(carried)).toEqual(wanted);
        },
      ),
    );
  });
});
