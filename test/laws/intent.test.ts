import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowSet } from '../../src/verify/flows/flow-set.ts';
import { readIntent } from '../../src/verify/intent/intent.ts';
import { policiesOfPods } from '../../src/verify/intent/workloads.ts';
import { addressIntervals, portIntervals } from '../../src/verify/flows/intervals.ts';
import { cluster, times } from './compile-world.ts';
import { flowsOf, intended, livePods, snapshotOf, stateOf, type Flow } from './compile-intent.ts';

const now = times[0];
const remaining = (time: string): number => Date.parse(time) - Date.parse(now);

function asFlows({ host, address = '', port, protocol }: Flow): FlowSet {
  const network = `${address}/${address.includes(':') ? 128 : 32}`;
  return {
    to: host === undefined ? { addresses: addressIntervals([network]) } : { name: host, except: [] },
    ports: portIntervals([{ port, protocol: protocol === 'UDP' ? 'UDP' : 'TCP' }]),
  };
}

describe('the reference of the intent', () => {
  it('agrees with the one that judges packet by packet', () => {
    const seen = { Accept: 0, Deny: 0 };
    fc.assert(
      fc.property(cluster, (changes) => {
        const whole = stateOf(changes);
        const snapshot = snapshotOf(whole);
        const state = { ...whole, points: new Map([['e1', snapshot.enforcementPoints[0]!]]) };
        const jurisdictionOf = readIntent(snapshot, remaining);
        for (const pod of livePods(state)) {
          const { judge } = jurisdictionOf(pod);
          const flows = flowsOf(pod, '').filter(({ host, address }) => host === undefined || address === undefined);
          for (const flow of flows) {
            const { verdict } = judge(asFlows(flow));
            seen[verdict] += 1;
            expect({ flow, verdict }).toEqual({ flow, verdict: intended(state, 'e1', flow, now) });
          }
        }
      }),
      { seed: 4, numRuns: 1000 },
    );
    expect(Math.min(seen.Accept, seen.Deny)).toBeGreaterThan(1_000);
  });

  it('says the same of a pod whichever pods it was asked about before', () => {
    const counts = { pods: 0, told: new Set<string>() };
    fc.assert(
      fc.property(cluster, (changes) => {
        const snapshot = snapshotOf(stateOf(changes));
        const alone = readIntent(snapshot, remaining);
        const together = policiesOfPods(snapshot, remaining);
        for (const pod of snapshot.pods) {
          const { key } = together(pod);
          expect({ pod: pod.name, key }).toEqual({ pod: pod.name, key: alone(pod).key });
          counts.pods += 1;
          counts.told.add(key);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
    expect(Math.min(counts.pods, counts.told.size)).toBeGreaterThan(20);
  });
});
