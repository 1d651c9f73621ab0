import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, leavesOf, stepsBetween, type Layout, type ShardRules, type Step } from './shards.ts';

const nested: ShardRules = { limit: 16, depth: 'nested', replaceFrom: 12 };
const flat: ShardRules = { limit: 8, depth: 'flat', replaceFrom: 1, filler: { name: 'nobody', stands: 'always' } };
const names = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `host-${from + index}`);

/** What a group holds in the end, through its shards. */
function held(layout: Layout, name = 'g'): string[] {
  return (layout.get(name) ?? []).flatMap((member) => (layout.has(member) ? held(layout, member) : [member])).sort();
}

function apply(layout: Layout, step: Step): Layout {
  const next = new Map(layout);
  const members = next.get(step.name) ?? [];
  if ('members' in step) next.set(step.name, step.members);
  else if (step.op === 'drop') next.delete(step.name);
  else if (step.op === 'join') next.set(step.name, [...members, step.member].sort());
  else {
    next.set(
      step.name,
      members.filter((member) => member !== step.member),
    );
  }
  return next;
}

describe.each([
  ['nested groups', nested],
  ['parts that hang on one group', flat],
])('a group that is larger than a native one, as %s', (_, rules) => {
  const filler = rules.filler === undefined ? [] : [rules.filler.name];

  it('is one native group as long as it fits', () => {
    expect([...layoutOf('g', names(rules.limit), rules)]).toEqual([['g', [...filler, ...names(rules.limit)].sort()]]);
  });

  it('holds every member once, in native groups within the limit, whatever the order', () => {
    const layout = layoutOf('g', names(1_000), rules);
    expect(held(layout)).toEqual([...filler, ...names(1_000)].sort());
    expect(leavesOf(layout).toSorted()).toEqual(held(layout));
    const sizes = [...layout].filter(([name]) => name !== 'g').map(([, members]) => members.length);
    expect([Math.min(...sizes) > 0, Math.max(...sizes) <= rules.limit]).toEqual([true, true]);
    expect([...layoutOf('g', names(1_000).reverse(), rules)]).toEqual([...layout]);
  });

  it('changes by one request for a member more or less', () => {
    const many = names(10_000);
    const wide = { ...rules, limit: 256 };
    for (const other of [many.slice(1), [...many, 'host-x']]) {
      expect(stepsBetween(layoutOf('g', many, wide), layoutOf('g', other, wide), wide)).toHaveLength(1);
    }
  });

  it('goes from any set to any other without holding less or more than both at any step', () => {
    const set = fc.integer({ min: 0, max: 120 }).chain((count) => fc.nat(60).map((from) => names(count, from)));
    fc.assert(
      fc.property(set, set, (before, after) => {
        const target = layoutOf('g', after, rules);
        let layout = layoutOf('g', before, rules);
        const kept = before.filter((member) => after.includes(member));
        const known = new Set([...filler, ...before, ...after]);
        for (const step of stepsBetween(layout, target, rules)) {
          layout = apply(layout, step);
          const now = new Set(held(layout));
          expect(kept.filter((member) => !now.has(member))).toEqual([]);
          expect([...now].filter((member) => !known.has(member))).toEqual([]);
        }
        expect(new Map(layout)).toEqual(new Map(target));
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe('a group without members', () => {
  const standing: ShardRules = { ...nested, filler: { name: 'none', stands: 'when-empty' } };

  it('stands on the filler where it may not be empty', () => {
    expect([...layoutOf('g', [], standing)]).toEqual([['g', ['none']]]);
    expect(stepsBetween(layoutOf('g', ['a'], standing), layoutOf('g', [], standing), standing)).toEqual([
      { op: 'join', name: 'g', member: 'none' },
      { op: 'leave', name: 'g', member: 'a' },
    ]);
  });
});
