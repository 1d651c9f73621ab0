import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsBetween, entriesFor, headRoom } from './entries.ts';

const filler = 'nobody';
const members = fc.uniqueArray(fc.integer({ min: 0, max: 30 }).map(String), { maxLength: 25 });

describe('the calls from one set of entries to another', () => {
  it('leave it never empty, never without what belongs in both, and never with anything else', () => {
    fc.assert(
      fc.property(members, members, fc.integer({ min: 1, max: 8 }), (before, after, perCall) => {
        const [current, target] = [entriesFor(before, { filler }), entriesFor(after, { filler })];
        let entries = new Set(current);
        for (const { add, remove } of callsBetween(current, target, { perCall, filler })) {
          expect(Math.max(add.length, remove.length)).toBeLessThanOrEqual(perCall);
          expect(remove.every((entry) => entries.has(entry)) && add.every((entry) => !entries.has(entry))).toBe(true);
          entries = new Set([...[...entries].filter((entry) => !remove.includes(entry)), ...add]);
          expect(entries.size).toBeGreaterThan(0);
          expect([...current].filter((entry) => target.has(entry) && !entries.has(entry))).toEqual([]);
          expect([...entries].filter((entry) => !current.has(entry) && !target.has(entry))).toEqual([]);
        }
        expect(entries).toEqual(target);
      }),
    );
  });

  it('are none where nothing changes, and as few as can be', () => {
    const of = (count: number, from = 0): ReadonlySet<string> =>
      new Set(Array.from({ length: count }, (_, at) => `${from + at}`));
    expect(callsBetween(of(3), of(3), { perCall: 2, filler })).toEqual([]);
    expect(callsBetween(of(100), of(100, 100), { perCall: 100, filler })).toHaveLength(1);
    expect(callsBetween(of(250), of(1, 1_000), { perCall: 100, filler })).toHaveLength(3);
  });
});

it('room for half as many entries again, in steps that double, as far as there is any', () => {
  const limits = { least: 16, most: 1_000 };
  expect([0, 10, 11, 100, 900].map((entries) => headRoom(entries, limits))).toEqual([16, 16, 32, 256, 1_000]);
});
