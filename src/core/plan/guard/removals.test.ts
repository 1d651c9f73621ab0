import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredState } from '../../model/desired.ts';
import type { Resource } from '../../model/resource.ts';
import { diff } from '../diff.ts';
import { everyPodListed } from './explained.ts';
import { guard, needsGuard, type Guarded, type GuardInput } from './guards.ts';

const nothing: DesiredState = { point: 'edge', defaultAction: 'Deny', groups: [], rules: [] };
const defaults = { maxRemovals: 50, maxRemovalsPercent: 20 };

/** A policy as it stands on a device: its group, and the rule that names it. */
function policy(namespace: string, name: string, members: readonly string[], group = name): Resource[] {
  const key = { kind: 'group', name: `${namespace}-${group}` };
  return [
    { ...key, spec: {}, members: [...members].sort(), refs: [], effect: 'Accept' },
    {
      kind: 'rule',
      name: `${namespace}-${name}`,
      spec: { sources: [key.name] },
      refs: [key],
      effect: 'Accept',
      position: 0,
      origin: `EgressPolicy/${namespace}/${name}`,
    },
  ];
}

const addresses = (tenant: number, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `10.${tenant}.${(index + from) >> 8}.${(index + from) & 255}`);

function judge(before: readonly Resource[], after: readonly Resource[], rest: Partial<GuardInput> = {}): Guarded {
  const observed = { complete: true, resources: before, foreign: [] };
  const input = { plan: diff(after, before), desired: nothing, observed, synced: true, ended: new Set<string>() };
  return guard({ ...input, limits: defaults, ...rest });
}

const held = ({ violations }: Guarded): string[] => violations.map(({ message }) => message);
const done = ({ allowed }: Guarded): string[] => allowed.map(({ op, key }) => `${op} ${key.name}`);
/** Enough of others that no share is exceeded. */
const crowd = policy('crowd', 'all', addresses(200, 1_000));

describe('removals', () => {
  it('hold the namespace that loses too much, and nobody else', () => {
    const before = [...crowd, ...policy('mallory', 'web', addresses(1, 60)), ...policy('shop', 'web', addresses(2, 3))];
    const after = [...crowd, ...policy('shop', 'web', addresses(2, 2))];
    const judged = judge(before, after);
    expect(held(judged)[0]).toMatch(/^61 of 1066 addresses and rules would be removed of namespace mallory,/);
    expect(done(judged)).toEqual(['members shop-web']);
  });

  it('are told of each namespace that is held, and of no more than three by name', () => {
    const names = ['a', 'b', 'c', 'd'];
    const before = [...crowd, ...names.flatMap((name, index) => policy(name, 'web', addresses(index, 60)))];
    expect(held(judge(before, crowd))[0]).toContain('of namespace a, namespace b, namespace c and 1 more,');
  });

  it('are no loss where the same addresses come back under another selector', () => {
    const before = [...crowd, ...policy('mallory', 'web', addresses(1, 60), 'old')];
    const judged = judge(before, [...crowd, ...policy('mallory', 'web', addresses(1, 60), 'new')]);
    expect(held(judged)).toEqual([]);
  });

  it('hold many small losses of which no namespace has too many: that is no tenant', () => {
    const worlds = Array.from({ length: 20 }, (_, index) => policy(`ns-${index}`, 'web', addresses(index, 9)));
    const judged = judge([...crowd, ...worlds.flat()], crowd);
    expect(held(judged)).toHaveLength(1);
    expect(done(judged)).toEqual([]);
  });

  it('never hold what lets new pods in', () => {
    const before = [...crowd, ...policy('shop', 'web', addresses(1, 60)), ...policy('shop', 'api', addresses(2, 70))];
    const api = policy('shop', 'api', [...addresses(2, 2), '10.2.9.9']);
    const judged = judge(before, [...crowd, ...api, ...policy('shop', 'new', addresses(3, 2))]);
    expect(done(judged)).toEqual(['create shop-new', 'create shop-new', 'members shop-api']);
    expect(judged.allowed.at(-1)).toMatchObject({ add: ['10.2.9.9'], remove: [] });
  });

  it('are no loss where as many come into the same group: that is a rollout', () => {
    const before = policy('shop', 'web', addresses(1, 12));
    const judged = judge(before, policy('shop', 'web', [...addresses(1, 1), ...addresses(2, 11)]));
    expect(held(judged)).toEqual([]);
    expect(done(judged)).toEqual(['members shop-web', 'members shop-web']);
  });

  it('are explained by a list of pods that was read twice, where the selectors are still the same', () => {
    const ended = new Set([everyPodListed]);
    const before = policy('shop', 'web', addresses(1, 12));
    const after = policy('shop', 'web', addresses(1, 1));
    expect(held(judge(before, after))).toHaveLength(1);
    expect(held(judge(before, after, { ended }))).toEqual([]);
    expect(held(judge(before, [], { ended }))).toHaveLength(1);
  });

  it.each([
    [0, 1],
    [1, 2],
    [5, 6],
    [9, 10],
  ])('of more than maxRemovals: %i are held, on both ways', (maxRemovals, removed) => {
    const limits = { maxRemovals, maxRemovalsPercent: 100 };
    const lose = (count: number): Guarded =>
      judge(policy('shop', 'web', addresses(1, 40)), policy('shop', 'web', addresses(1, 40 - count)), { limits });
    const delta = (count: number) => [{ id: 'g', role: 'Accept', added: [], removed: addresses(1, count) } as const];
    expect(held(lose(removed))).toHaveLength(1);
    expect(needsGuard(delta(removed), new Set(), limits)).toBe(true);
    if (maxRemovals === 0) return;
    expect(held(lose(maxRemovals))).toEqual([]);
    expect(needsGuard(delta(maxRemovals), new Set(), limits)).toBe(false);
  });

  it('of any share are held where maxRemovalsPercent is 0', () => {
    const limits = { maxRemovals: 50, maxRemovalsPercent: 0 };
    const [before, after] = [policy('shop', 'web', addresses(1, 40)), policy('shop', 'web', addresses(1, 39))];
    expect(held(judge(before, after, { limits }))).toHaveLength(1);
  });
});

describe('whatever is lost', () => {
  const tenant = fc.record({ had: fc.nat(120), lost: fc.nat(120), gained: fc.nat(5), explained: fc.nat(120) });
  const worlds = fc.tuple(
    fc.array(tenant, { minLength: 1, maxLength: 6 }),
    fc.record({ maxRemovals: fc.nat(60), maxRemovalsPercent: fc.nat(100) }),
  );
  interface Tenant {
    had: number;
    lost: number;
    gained: number;
    explained: number;
  }
  const before = (tenants: readonly Tenant[]): Resource[] =>
    tenants.flatMap(({ had }, index) => policy(`t${index}`, 'web', addresses(index, had)));
  const after = (tenants: readonly Tenant[]): Resource[] =>
    tenants.flatMap(({ had, lost, gained }, index) =>
      policy(`t${index}`, 'web', [...addresses(index, had).slice(lost), ...addresses(index, gained, 1_000)]),
    );
  const endedOf = (tenants: readonly Tenant[]): Set<string> =>
    new Set(tenants.flatMap(({ had, explained }, index) => addresses(index, Math.min(had, explained))));
  const removedIn = ({ allowed }: Guarded): string[] =>
    allowed.flatMap((change) => (change.op === 'members' ? change.remove : []));

  it('an explained removal is carried out, and a grant is', () => {
    fc.assert(
      fc.property(worlds, ([tenants, limits]) => {
        const ended = endedOf(tenants);
        const all = diff(after(tenants), before(tenants)).changes;
        const judged = judge(before(tenants), after(tenants), { ended, limits });
        const removed = new Set(removedIn(judged));
        const due = all.flatMap((change) => (change.op === 'members' ? change.remove : [])).filter((a) => ended.has(a));
        expect(due.filter((address) => !removed.has(address))).toEqual([]);
        const added = judged.allowed.flatMap((change) => (change.op === 'members' ? change.add : []));
        expect(added).toHaveLength(tenants.reduce((sum, { gained }) => sum + gained, 0));
      }),
    );
  });

  it('what nothing explains stays within the limits of one namespace, and of all others together', () => {
    fc.assert(
      fc.property(worlds, ([tenants, limits]) => {
        const ended = endedOf(tenants);
        const judged = judge(before(tenants), after(tenants), { ended, limits });
        const counts = tenants.map(
          (_, index) => removedIn(judged).filter((a) => a.startsWith(`10.${index}.`) && !ended.has(a)).length,
        );
        const net = counts.map((count, index) => count - (tenants[index]?.gained ?? 0));
        const largest = Math.max(...net);
        const others = net.reduce((sum, count) => sum + Math.max(0, count), 0) - Math.max(0, largest);
        expect(largest).toBeLessThanOrEqual(limits.maxRemovals);
        expect(others).toBeLessThanOrEqual(limits.maxRemovals);
      }),
    );
  });

  it('one tenant, whatever it does, changes nothing about what is done for the others', () => {
    fc.assert(
      fc.property(worlds, fc.nat(120), ([tenants], lost) => {
        const [attacker, ...others] = tenants as [Tenant, ...Tenant[]];
        const without = [{ ...attacker, had: 120, lost: 0 }, ...others];
        const under = [{ ...attacker, had: 120, lost }, ...others];
        const rest = { limits: { maxRemovals: 50, maxRemovalsPercent: 100 } };
        const ofOthers = (all: readonly Tenant[]): string[] =>
          removedIn(judge(before(all), after(all), rest)).filter((address) => !address.startsWith('10.0.'));
        const small = others.reduce((sum, { had, lost: gone }) => sum + Math.min(had, gone), 0) <= 50;
        fc.pre(small);
        expect(ofOthers(under)).toEqual(ofOthers(without));
      }),
    );
  });
});
