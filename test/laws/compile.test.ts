import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compiler } from '../../src/core/compile/compiler.ts';
import type { AddressGroup, DesiredState } from '../../src/core/model/desired.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { cluster, event, times } from './compile-world.ts';
import { covers, flowsOf, intended, livePods, ownerOf, stateOf, verdictOf } from './compile-intent.ts';

const names = ['e1', 'e2', 'e3'];
const now = times[0];
/** No pod of these clusters keeps anything any more that was being deleted. */
const afterGrace = times[2];

function compiled(changes: readonly ObjectChange[], at: string = now): Compiler {
  const compiler = new Compiler();
  compiler.apply(changes, at);
  return compiler;
}

function everything(compiler: Compiler): unknown {
  return {
    desired: names.map((name) => compiler.desired(name)),
    problems: compiler.problems(),
    overGrants: names.map((name) => compiler.overGrants(name)),
    nextDeadline: compiler.nextDeadline(),
  };
}

describe('compiling', () => {
  it('does not depend on the order in which objects arrive', () => {
    const shuffled = cluster.chain((changes) => {
      const latest = [...new Map(changes.map((change) => [`${change.kind}/${change.key}`, change])).values()];
      return fc.tuple(fc.constant(latest), fc.shuffledSubarray(latest, { minLength: latest.length }));
    });
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(everything(compiled(other))).toEqual(everything(compiled(one)));
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('ends in the same state whatever happened on the way, and its deltas tell the whole way', () => {
    const round = fc.record({ changes: fc.array(event, { maxLength: 4 }), at: fc.constantFrom(...times) });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 12 }), (rounds) => {
        const compiler = new Compiler();
        const told: ObjectChange[] = [];
        let before = names.map((name) => compiler.desired(name));
        for (const { changes, at } of rounds) {
          const { points } = compiler.apply(changes, at);
          told.push(...changes);
          expect(everything(compiler)).toEqual(everything(compiled(told, at)));
          const after = names.map((name) => compiler.desired(name));
          for (const [index, name] of names.entries()) {
            const delta = points.get(name);
            const [was, is] = [before[index], after[index]];
            expect(delta?.gone ?? is === undefined).toBe(is === undefined);
            if (!delta) expect(is).toBe(was);
            if (delta && !delta.rulesChanged && was && is) expect(is).toEqual(withMembers(was, delta.groups));
          }
          before = after;
          expect(compiler.apply([...changes, ...changes], at).points).toEqual(new Map());
        }
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('comes to the same in slices as at once, and whatever is asked in between is refused', () => {
    const round = fc.record({ changes: fc.array(event, { maxLength: 8 }), at: fc.constantFrom(...times) });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 6 }), (rounds) => {
        const [sliced, whole] = [new Compiler(), new Compiler()];
        for (const { changes, at } of rounds) {
          const steps = sliced.applying(changes, at);
          let step = steps.next();
          for (; step.done !== true; step = steps.next()) {
            for (const name of names) expect(() => sliced.desired(name)).toThrow('is being compiled');
          }
          expect(step.value).toEqual(whole.apply(changes, at));
          expect(everything(sliced)).toEqual(everything(whole));
        }
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  it('flattens tiers and Pass into a list that means the same, or less where a name meets a network', () => {
    const seen = { flows: 0, accepted: 0, passed: 0 };
    fc.assert(
      fc.property(cluster, (changes) => {
        const compiler = compiled(changes);
        const desired = compiler.desired('e1')!;
        const state = stateOf(changes);
        const narrowed = compiler.problems().some(({ code }) => code === 'pass-narrowed');
        for (const pod of livePods(state).filter((pod) => covers(state, 'e1', pod))) {
          const source = pod.addresses.find((address) => ownerOf(state, address) === pod);
          for (const flow of source === undefined ? [] : flowsOf(pod, source)) {
            const [meant, found] = [intended(state, 'e1', flow, now), verdictOf(desired, flow)];
            seen.flows += 1;
            seen.accepted += found.verdict === 'Accept' ? 1 : 0;
            seen.passed += found.rule?.origin.via === undefined ? 0 : 1;
            if (narrowed && found.verdict === 'Deny') continue;
            expect({ flow, verdict: found.verdict }).toEqual({ flow, verdict: meant });
          }
        }
      }),
      { seed: 3, numRuns: 2000 },
    );
    // The law says little unless the clusters exercise it.
    expect(seen.flows).toBeGreaterThan(10_000);
    expect(seen.accepted).toBeGreaterThan(1_000);
    expect(seen.passed).toBeGreaterThan(500);
  });

  it('never makes any out of nothing, and names exactly the groups that rules use', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (changes) => {
        const compiler = compiled(changes);
        for (const desired of names.flatMap((name) => compiler.desired(name) ?? [])) {
          const used = new Set(desired.rules.flatMap(({ sources }) => sources));
          expect(desired.groups.map(({ id }) => id)).toEqual([...used].sort());
          expect(new Set(desired.rules.map(({ id }) => id)).size).toBe(desired.rules.length);
          for (const { action, sources, destination } of desired.rules) {
            expect(sources).not.toEqual([]);
            expect(desired.groups.filter(({ id }) => sources.includes(id)).map(({ role }) => role)).toEqual([action]);
            expect(destination.any).toBe(destination.names.length + destination.networks.length === 0);
          }
          const members = desired.groups.flatMap((group) => group.members);
          expect(members.filter((member) => member.endsWith('/0'))).toEqual([]);
        }
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('keeps the address of an ending or superseded pod out of every group that accepts, and says that it was released', () => {
    fc.assert(
      fc.property(cluster, fc.array(event, { maxLength: 6 }), (changes, events) => {
        const compiler = compiled(changes, afterGrace);
        const told = [...changes];
        for (const change of events) {
          const before = stateOf(told);
          told.push(change);
          const after = stateOf(told);
          const { ended } = compiler.apply([change], afterGrace);
          const pods = livePods(after);
          const held = new Set(
            pods.flatMap((pod) => pod.addresses.filter((address) => ownerOf(after, address) === pod)),
          );
          const { type, network } = after.points.get('e1')?.spec.vantage ?? {};
          const members = type === 'Pod' && !network ? grantedIn(compiler.desired('e1')!) : [];
          expect(members.filter((member) => !member.includes('/') && !held.has(member))).toEqual([]);
          const released = livePods(before).flatMap((pod) => {
            const now = after.pods.get(`${pod.namespace}/${pod.name}`);
            const held = pod.addresses.filter((address) => ownerOf(before, address) === pod);
            return held.filter((address) => !now || ownerOf(after, address) !== now);
          });
          expect(released.filter((address) => !ended.includes(address))).toEqual([]);
        }
      }),
      { seed: 5, numRuns: 300 },
    );
  });
});

function grantedIn({ groups }: DesiredState): readonly string[] {
  return groups.flatMap(({ role, members }) => (role === 'Accept' ? members : []));
}

function withMembers(
  state: DesiredState,
  deltas: readonly { readonly id: string; readonly added: readonly string[]; readonly removed: readonly string[] }[],
): DesiredState {
  const groups = state.groups.map((group): AddressGroup => {
    const members = new Set(group.members);
    for (const { added, removed } of deltas.filter(({ id }) => id === group.id)) {
      for (const address of removed) expect(members.delete(address)).toBe(true);
      for (const address of added) expect(members.has(address)).toBe(false);
      for (const address of added) members.add(address);
    }
    return { ...group, members: [...members].sort() };
  });
  return { ...state, groups };
}
