import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, membersIn, stepsBetween, type Layout, type List } from './layout.ts';
import { nobody } from './members.ts';

const members = fc.uniqueArray(
  fc.nat(400).map((value) => `10.0.${value >> 8}.${value & 255}`),
  { maxLength: 120 },
);
const limit = 8;

/** What a rule that names the root matches. */
function reached(lists: Layout): ReadonlySet<string> {
  const root = lists.get('g');
  return new Set([
    ...(root?.addresses ?? []),
    ...(root?.lists ?? []).flatMap((name) => lists.get(name)?.addresses ?? []),
  ]);
}

describe('the lists of a group', () => {
  it('hold its members, whatever their order, none more than the limit and none without any', () => {
    fc.assert(
      fc.property(members, (all) => {
        const layout = layoutOf('g', all, limit);
        expect(membersIn(layout)).toEqual(all.toSorted());
        expect([...layoutOf('g', all.toReversed(), limit)]).toEqual([...layout]);
        for (const { addresses } of layout.values()) {
          expect(addresses.filter((address) => address !== nobody).length).toBeLessThanOrEqual(limit);
          expect(addresses.length).toBeGreaterThan(0);
        }
        expect(layout.get('g')?.addresses).toContain(nobody);
      }),
      { seed: 1 },
    );
  });

  it('go from one layout to another with nothing but old and new members in between, and none that stays missing', () => {
    fc.assert(
      fc.property(members, members, (before, after) => {
        const state = new Map<string, List>(layoutOf('g', before, limit));
        const target = layoutOf('g', after, limit);
        const either = new Set([nobody, ...before, ...after]);
        const both = before.filter((member) => after.includes(member));
        for (const step of stepsBetween(new Map(state), target)) {
          if (step.op === 'drop') state.delete(step.name);
          else state.set(step.name, step.list);
          const now = reached(state);
          expect([...now].filter((member) => !either.has(member))).toEqual([]);
          expect(both.filter((member) => !now.has(member))).toEqual([]);
        }
        expect(new Map(state)).toEqual(new Map(target));
      }),
      { seed: 2 },
    );
  });

  it('change by one request when one member comes to ten thousand', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
    const steps = stepsBetween(layoutOf('g', many, 256), layoutOf('g', [...many, '10.9.9.9'], 256));
    expect(steps.map(({ op }) => op)).toEqual(['replace']);
  });
});
