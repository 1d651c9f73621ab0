import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compiler } from '../../src/core/compile/compiler.ts';
import { pod, point, policy } from '../../src/core/compile/testing/builders.ts';
import type { ObjectChange, Pod } from '../../src/core/model/snapshot.ts';
import { covers, flowsOf, intended, livePods, ownerOf, stateOf, verdictOf, type State } from './compile-intent.ts';
import { cluster, event } from './compile-world.ts';

const asked = Date.parse('2026-01-01T00:00:00Z') / 1_000;

function after(seconds: number): string {
  return new Date((asked + seconds) * 1_000).toISOString();
}

const said = fc.constantFrom(
  {},
  {},
  { terminating: 'Withdraw' as const },
  { terminating: 'KeepUntilGone' as const, terminatingLimitSeconds: 60 },
  { terminating: 'KeepUntilGone' as const, terminatingLimitSeconds: 600 },
);

/** Something is said about the pods of each policy and point, and each pod that is being deleted is so since the beginning. */
function withGrace(change: ObjectChange, words: object): ObjectChange {
  if (change.object === undefined) return change;
  if (change.kind === 'Pod') {
    return change.object.deleting ? { ...change, object: { ...change.object, deletionAsked: asked } } : change;
  }
  if (change.kind === 'EgressPolicy')
    return { ...change, object: { ...change.object, spec: { ...change.object.spec, ...words } } };
  if (change.kind === 'ClusterEgressPolicy')
    return { ...change, object: { ...change.object, spec: { ...change.object.spec, ...words } } };
  if (change.kind === 'EnforcementPoint')
    return { ...change, object: { ...change.object, spec: { ...change.object.spec, ...words } } };
  return change;
}

const graced = fc
  .tuple(cluster, fc.infiniteStream(said))
  .map(([changes, words]) => changes.map((change) => withGrace(change, words.next().value as object)));

function compiled(changes: readonly ObjectChange[], at: string): Compiler {
  const compiler = new Compiler();
  compiler.apply(changes, at);
  return compiler;
}

/** Pods that are being deleted and have an address that no live pod claims, nor any node. */
function leaving(state: State): readonly (readonly [Pod, string])[] {
  const pods = [...state.pods.values()].filter(
    ({ deleting, hostNetwork, phase }) => deleting && !hostNetwork && phase !== 'Failed' && phase !== 'Succeeded',
  );
  const taken = new Set([...livePods(state), ...state.nodes.values()].flatMap((one) => one.addresses));
  return pods.flatMap((one) =>
    one.addresses
      .filter((address) => !taken.has(address))
      .filter((address) => pods.filter((other) => other.addresses.includes(address)).length === 1)
      .map((address) => [one, address] as const),
  );
}

describe('what pods keep that are being deleted', () => {
  it('is never more than what they had, and never touches what live pods have', () => {
    const seen = { kept: 0, withdrawn: 0 };
    fc.assert(
      fc.property(graced, (changes) => {
        const desired = compiled(changes, after(30)).desired('e1');
        const state = stateOf(changes);
        if (desired === undefined) return;
        for (const [one, source] of leaving(state)) {
          if (!covers(state, 'e1', one)) continue;
          for (const flow of flowsOf(one, source)) {
            const { verdict, rule } = verdictOf(desired, flow);
            if (rule !== undefined) seen[verdict === 'Accept' ? 'kept' : 'withdrawn'] += 1;
            if (verdict === 'Accept') expect(intended(state, 'e1', flow, after(30))).toBe('Accept');
          }
        }
        const plain = compiled(
          changes.map((change) => withGrace(change, { terminating: 'Withdraw' })),
          after(30),
        );
        for (const one of livePods(state)) {
          for (const source of one.addresses.filter((address) => ownerOf(state, address) === one)) {
            for (const flow of flowsOf(one, source)) {
              const { verdict } = verdictOf(plain.desired('e1') ?? desired, flow);
              expect(verdictOf(desired, flow).verdict).toBe(verdict);
            }
          }
        }
      }),
      { seed: 1, numRuns: 1_000 },
    );
    expect(seen.kept).toBeGreaterThan(200);
  });

  it('does not depend on the way, ends with time, and is then explained', () => {
    const round = fc.record({
      changes: fc.array(event, { maxLength: 4 }),
      words: said,
      at: fc.constantFrom(0, 30, 60, 100, 600, 700),
    });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 10 }), (rounds) => {
        const compiler = new Compiler();
        const told: ObjectChange[] = [];
        for (const { changes, words, at } of rounds) {
          const now = changes.map((change) => withGrace(change, words));
          const { points, ended } = compiler.apply(now, after(at));
          told.push(...now);
          const cold = compiled(told, after(at));
          const all = (one: Compiler): unknown => [one.desired('e1'), one.desired('e2'), one.nextDeadline()];
          expect(all(compiler)).toEqual(all(cold));
          if (changes.length > 0) continue;
          for (const { groups } of points.values()) {
            for (const { removed } of groups) expect(removed.filter((one) => !ended.includes(one))).toEqual([]);
          }
        }
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  it('is withdrawn the moment that another pod claims the address', () => {
    const old = pod('shop/old', {
      addresses: ['10.0.0.1'],
      deleting: true,
      deletionAsked: asked,
      labels: { app: 'a' },
    });
    const fresh = pod('shop/new', { addresses: ['10.0.0.1'], labels: { app: 'b' }, created: '2025-01-01T00:00:00Z' });
    const compiler = new Compiler();
    const grants = policy('shop/a', {
      subject: { podSelector: { matchLabels: { app: 'a' } } },
      to: [{ networks: ['203.0.113.0/24'], allPorts: true }],
      terminating: 'KeepUntilGone',
      terminatingLimitSeconds: 600,
    });
    const change = (kind: 'Pod', object: Pod): ObjectChange => ({ kind, key: `shop/${object.name}`, object });
    compiler.apply(
      [
        { kind: 'EnforcementPoint', key: 'edge', object: point('edge') },
        { kind: 'EgressPolicy', key: 'shop/a', object: grants },
        change('Pod', old),
      ],
      after(1),
    );
    const members = (): unknown => compiler.desired('edge')?.groups.map((group) => group.members);
    expect([members(), compiler.nextDeadline()]).toEqual([[['10.0.0.1']], '2026-01-01T00:10:00.000Z']);
    expect(compiler.apply([change('Pod', fresh)], after(2)).ended).toEqual(['10.0.0.1']);
    expect(members()).toEqual([[]]);
  });

  it('is the longest that all who say something agree to, and nothing where nobody does', () => {
    const keep = (terminatingLimitSeconds: number) =>
      ({ terminating: 'KeepUntilGone', terminatingLimitSeconds }) as const;
    const withdraw = { terminating: 'Withdraw' } as const;
    const cases = [
      [{}, {}, 0],
      [keep(60), {}, 60],
      [{}, keep(60), 60],
      [keep(60), keep(30), 30],
      [keep(30), keep(60), 30],
      [withdraw, keep(60), 0],
      [keep(60), withdraw, 0],
    ] as const;
    const leavingPod = pod('shop/a', { addresses: ['10.0.0.1'], deleting: true, deletionAsked: asked });
    const kept = cases.map(([ofPolicy, ofPoint]) => {
      const grants = policy('shop/a', { to: [{ networks: ['203.0.113.0/24'] }], ...ofPolicy });
      const changes: ObjectChange[] = [
        { kind: 'EnforcementPoint', key: 'edge', object: point('edge', ofPoint) },
        { kind: 'EgressPolicy', key: 'shop/a', object: grants },
        { kind: 'Pod', key: 'shop/a', object: leavingPod },
      ];
      const holds = (at: number): boolean =>
        compiled(changes, after(at))
          .desired('edge')
          ?.groups.some(({ members }) => members.length > 0) === true;
      return [0, 29, 30, 59, 60].filter(holds);
    });
    expect(kept).toEqual(cases.map(([, , limit]) => [0, 29, 30, 59, 60].filter((at) => at < limit)));
  });

  it('is not lengthened by more than its limit when the clock is set back', () => {
    const leavingPod = pod('shop/a', { addresses: ['10.0.0.1'], deleting: true, deletionAsked: asked });
    const words = { terminating: 'KeepUntilGone', terminatingLimitSeconds: 60 } as const;
    const compiler = compiled(
      [
        { kind: 'EnforcementPoint', key: 'edge', object: point('edge', words) },
        { kind: 'EgressPolicy', key: 'shop/a', object: policy('shop/a', { to: [{ networks: ['203.0.113.0/24'] }] }) },
        { kind: 'Pod', key: 'shop/a', object: leavingPod },
      ],
      after(10),
    );
    const holdsAt = (seconds: number): boolean => {
      compiler.apply([], after(seconds));
      return compiler.desired('edge')?.groups.some(({ members }) => members.length > 0) === true;
    };
    expect([10, -60, -61, -3_600, 59, 60].map(holdsAt)).toEqual([true, true, false, false, true, false]);
  });

  it('is everything for a gateway that drains', () => {
    const gateway = { namespace: 'istio', podSelector: { matchLabels: { app: 'gateway' } } };
    const changes: ObjectChange[] = [
      { kind: 'EnforcementPoint', key: 'edge', object: point('edge', { vantage: { type: 'EgressGateway', gateway } }) },
      { kind: 'EgressPolicy', key: 'shop/a', object: policy('shop/a', { to: [{ networks: ['203.0.113.0/24'] }] }) },
      { kind: 'Pod', key: 'shop/a', object: pod('shop/a', { addresses: ['10.0.0.1'] }) },
      ...[true, false].map((deleting): ObjectChange => {
        const name = deleting ? 'old' : 'new';
        const addresses = [deleting ? '10.0.0.8' : '10.0.0.9'];
        const object = pod(`istio/${name}`, { deleting, addresses, labels: { app: 'gateway' } });
        return { kind: 'Pod', key: `istio/${name}`, object };
      }),
    ];
    const groups = compiled(changes, after(10_000)).desired('edge')?.groups;
    expect(groups?.map(({ members }) => members)).toEqual([['10.0.0.8', '10.0.0.9']]);
  });
});
