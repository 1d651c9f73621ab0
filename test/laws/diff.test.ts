import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/net/address.ts';
import { nameCovers } from '../../src/net/name.ts';
import { flowChanges, type FlowChange } from '../../src/diff/flow-changes.ts';
import { otherNames } from '../../src/diff/destinations.ts';
import type { FlowSet } from '../../src/verify/flows/flow-set.ts';
import { policiesOfPods } from '../../src/verify/intent/workloads.ts';
import { cluster, times } from './compile-world.ts';
import { flowsOf, intended, livePods, snapshotOf, stateOf, type Flow, type State } from './compile-intent.ts';

const now = times[0];
const remaining = (time: string): number => Date.parse(time) - Date.parse(now);

function contains({ to, ports }: FlowSet, { host, address, port, protocol }: Flow, isOther: boolean): boolean {
  if (!ports.some(({ space, first, last }) => space === protocol && first <= port && port <= last)) return false;
  if ('name' in to) {
    if (host === undefined) return false;
    if (to.name === otherNames) return isOther;
    return nameCovers(to.name, host) && !to.except.some((name) => nameCovers(name, host));
  }
  const parsed = host === undefined ? parseAddress(address ?? '') : undefined;
  if (parsed === undefined) return false;
  const { family, value } = parsed;
  return to.addresses.some(({ space, first, last }) => space === family && first <= value && value <= last);
}

/** With one point that covers everything, as in the law of the intent, and the pods of the first cluster. */
function worldOf(state: State, pods: State['pods']): State {
  const point = snapshotOf(state).enforcementPoints[0]!;
  return { ...state, pods, points: new Map([['e1', point]]) };
}

describe('a diff of two worlds', () => {
  it('has exactly the flows that a packet by packet judge finds changed', () => {
    const seen = { opened: 0, closed: 0, same: 0 };
    fc.assert(
      fc.property(cluster, cluster, (one, another) => {
        const pods = stateOf(one).pods;
        const [before, after] = [worldOf(stateOf(one), pods), worldOf(stateOf(another), pods)];
        const [was, is] = [snapshotOf(before), snapshotOf(after)];
        const found = flowChanges(was, is, remaining);
        const policiesOf = [was, is].map((snapshot) => policiesOfPods(snapshot, remaining));
        for (const pod of livePods(before)) {
          const names = policiesOf.flatMap((of) => of(pod).rules.flatMap(({ scope }) => scope.names));
          for (const flow of flowsOf(pod, '').filter(
            ({ host, address }) => (host === undefined) !== (address === undefined),
          )) {
            const [less, more] = [before, after].map((state) => intended(state, 'e1', flow, now));
            const expected = less === more ? 'same' : more === 'Accept' ? 'opened' : 'closed';
            const isOther = !names.some((name) => nameCovers(name, flow.host ?? ''));
            const about = ({ flows, workloads }: FlowChange): boolean =>
              workloads.some(
                ({ namespace, workload, serviceAccount }) =>
                  namespace === pod.namespace && workload === pod.workload && serviceAccount === pod.serviceAccount,
              ) && flows.some((set) => contains(set, flow, isOther));
            const told = found
              .filter((change) => change.change !== 'moved' && about(change))
              .map(({ change }) => change);
            seen[expected] += 1;
            expect({ flow, told: [...new Set(told)] }).toEqual({ flow, told: expected === 'same' ? [] : [expected] });
          }
        }
      }),
      { seed: 7, numRuns: 400 },
    );
    expect(Math.min(seen.opened, seen.closed, seen.same)).toBeGreaterThan(200);
  });
});
