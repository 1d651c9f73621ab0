import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layoutOf, stepsBetween, type Layout, type Step } from './layout.ts';

const limit = 16;
const names = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `host-${from + index}`);

/** What a group holds in the end, through its shards. */
function held(layout: Layout, name = 'g'): string[] {
  return (layout.get(name) ?? []).flatMap((member) => (layout.has(member) ? held(layout, member) : [member])).sort();
}

function apply(layout: Layout, step: Step): Layout {
  const next = new Map(layout);
  const members = next.get(step.name) ?? [];
  if (step.op === 'create' || step.op === 'replace') next.set(step.name, step.members);
  else if (step.op === 'join') next.set(step.name, [...members, step.member]);
  else if (step.op === 'leave')
    next.set(
      step.name,
      members.filter((member) => member !== step.member),
    );
  else next.delete(step.name);
  return next;
}

describe('a group that is larger than a native one', () => {
  it('is one native group as long as it fits', () => {
    expect([...layoutOf('g', names(limit), limit)]).toEqual([['g', names(limit).sort()]]);
  });

  it('holds every member once, in native groups within the limit', () => {
    const layout = layoutOf('g', names(1_000), limit);
    expect(held(layout)).toEqual(names(1_000).sort());
    expect(Math.max(...[...layout.values()].map((members) => members.length))).toBeLessThanOrEqual(limit);
    expect(Math.min(...[...layout.values()].map((members) => members.length))).toBeGreaterThan(0);
  });

  it('changes by one request for a member more or less', () => {
    const many = names(1_000);
    for (const other of [many.slice(1), [...many, 'host-x']]) {
      expect(stepsBetween(layoutOf('g', many, 600), layoutOf('g', other, 600))).toHaveLength(1);
    }
  });

  it('stands on the filler when it is empty and may not be', () => {
    expect([...layoutOf('g', [], limit, 'none')]).toEqual([['g', ['none']]]);
    const steps = stepsBetween(layoutOf('g', ['a'], limit, 'none'), layoutOf('g', [], limit, 'none'));
    expect(steps).toEqual([
      { op: 'join', name: 'g', member: 'none' },
      { op: 'leave', name: 'g', member: 'a' },
    ]);
  });

  it('goes from any set to any other without holding less or more than both at any step', () => {
    const set = fc.integer({ min: 0, max: 120 }).chain((count) => fc.nat(60).map((from) => names(count, from)));
    fc.assert(
      fc.property(set, set, (before, after) => {
        const target = layoutOf('g', after, limit);
        let layout = layoutOf('g', before, limit);
        const kept = before.filter((member) => after.includes(member));
        const known = new Set([...before, ...after]);
        for (const step of stepsBetween(layout, target)) {
          layout = apply(layout, step);
          const now = new Set(held(layout));
          expect(kept.filter((member) => !now.has(member))).toEqual([]);
          expect([...now].filter((member) => !known.has(member))).toEqual([]);
        }
        expect(new Map([...layout].map(([name, members]) => [name, members.toSorted()]))).toEqual(
          new Map([...target].map(([name, members]) => [name, members.toSorted()])),
        );
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
