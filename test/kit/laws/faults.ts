import { expect } from 'vitest';
import type { Fault } from '../../../kit/simulator/simulator.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { SyncResult } from '../../../src/worker/sync/sync-point.ts';
import type { Law } from '../law.ts';
import { explain, type Rig } from '../rig.ts';
import { nothing } from '../universe.ts';
import { monday, tuesday } from './states.ts';

/** What a device answers out of malice is told in `hostility`. */
type FaultKind = Exclude<Fault['kind'], 'latency' | 'echo' | 'answer'>;

const troubles: Readonly<Record<FaultKind, { readonly what: string; readonly hits: 'all' | 'reads' | 'writes' }>> = {
  'error-before': { what: 'a request is answered with an error', hits: 'all' },
  'error-after': { what: 'a request is carried out and answered with an error', hits: 'all' },
  'reset-before': { what: 'the connection is cut before a request is carried out', hits: 'all' },
  'reset-after': { what: 'the connection is cut before a request is answered', hits: 'all' },
  throttle: { what: 'the device wants to be asked later', hits: 'all' },
  html: { what: 'a proxy answers with a page for people', hits: 'all' },
  'success-without-effect': { what: 'the device says yes and does nothing', hits: 'writes' },
  'stale-read': { what: 'a read shows how it was before', hits: 'reads' },
};

export const faults: readonly Law[] = [
  ...(Object.keys(troubles) as FaultKind[]).map(survives),
  {
    name: 'converges after a crash between any two requests',
    why: 'Processes die in the middle; what they leave must neither be open nor confuse the next one.',
    run: (rig) =>
      atEveryRequest(rig, 'all', async (journey, after) => {
        rig.simulator.fault({ kind: 'reset-before', after, times: 1_000_000 });
        const { state } = await rig.sync(journey.to);
        expect(state).not.toBe('programmed');
        rig.simulator.clearFaults();
        rig.crash();
        await rig.settle(journey.to);
      }),
  },
  {
    name: 'concludes nothing from what it could not read',
    why: 'A login page or half a list, taken for an empty device or an empty cluster, removes everything.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(monday);
      const before = rig.dump();
      const reads = await rig.requestsDuring(async () => {
        await (await rig.connect()).session.observe();
      });
      for (const kind of ['error-before', 'html', 'reset-before', 'throttle'] as const) {
        for (const after of reads.keys()) {
          rig.simulator.fault({ kind, after, times: 1_000_000 });
          const { state } = await rig.sync(nothing);
          expect(['failed', 'held']).toContain(state);
          expect(rig.dump()).toEqual(before);
          rig.simulator.clearFaults();
        }
      }
    },
  },
];

function survives(kind: FaultKind): Law {
  const { what, hits } = troubles[kind];
  return {
    name: `ends in the same state when ${what}`,
    why: 'Each request of a change may be the one that fails; the way there must not show in the end, nor open anything.',
    run: (rig) =>
      atEveryRequest(rig, hits, async (journey, after) => {
        rig.simulator.fault({ kind, after });
        await rig.recover(journey.to, (result) => journey.expectTruth(result));
        rig.simulator.clearFaults();
      }),
  };
}

interface Journey {
  readonly to: DesiredState;
  /** Nothing is claimed that is not so. */
  expectTruth(result: SyncResult): void;
}

/** Goes back and forth between two states; each journey meets trouble at another one of its requests. */
export async function atEveryRequest(
  rig: Rig,
  hits: 'all' | 'reads' | 'writes',
  meet: (journey: Journey, request: number) => Promise<void>,
): Promise<void> {
  await rig.settle(tuesday);
  const legs = [];
  for (const to of [monday, tuesday]) {
    const requests = await rig.requestsDuring(() => rig.settle(to));
    const hit = [...requests.keys()].filter((at) => hits === 'all' || requests[at]?.wrote === (hits === 'writes'));
    legs.push({ to, hit, end: rig.dump() });
  }
  const few = rig.flows.filter((_, index) => index % 5 === 0);
  const within = rig.wider([monday, tuesday], few);
  for (const turn of Array.from({ length: Math.max(...legs.map(({ hit }) => hit.length)) }).keys()) {
    for (const { to, hit, end } of legs) {
      const request = hit[Math.min(turn, hit.length - 1)] ?? 0;
      const expectTruth = (result: SyncResult): void => {
        if (result.state === 'programmed') expect(rig.dump(), explain(result)).toEqual(end);
      };
      await rig.watching(within, () => meet({ to, expectTruth }, request));
      expect(rig.dump(), `after trouble at request ${request}`).toEqual(end);
    }
  }
}
