import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Fault } from '../../../kit/simulator/simulator.ts';
import type { DesiredState, GroupDelta } from '../../../src/core/model/desired.ts';
import { MemoryDesiredStore } from '../../../src/store/memory-store.ts';
import { CallsInFlight, type FlightEnd } from '../../../src/worker/sync/calls-in-flight.ts';
import { aPoint } from '../builders.ts';
import type { Law } from '../law.ts';
import type { Rig } from '../rig.ts';
import { oneGroup } from './states.ts';

/** Who is in the group after each publication: people come, go and come back while calls are in flight. */
const publications: readonly (readonly string[])[] = [
  ['10.0.0.1', '10.0.0.2'],
  ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  ['10.0.0.2', '10.0.0.3'],
  ['10.0.0.2', '10.0.0.3', '2001:db8::1'],
  ['10.0.0.1', '10.0.0.3', '2001:db8::1'],
  ['10.0.0.1', '2001:db8::1'],
];
const states = publications.map(oneGroup);
const [start, last] = [oneGroup(publications[0] ?? []), oneGroup(publications.at(-1) ?? [])];
/** Whom the last publications have left out for good. */
const gone = ['10.0.0.2', '10.0.0.3'];

const troubles: readonly (Fault['kind'] | undefined)[] = [undefined, 'error-before', 'reset-after', 'throttle'];

export const inFlight: readonly Law[] = [
  {
    name: 'opens nothing and ends in the same state with several calls in flight, whichever of them fails',
    why: 'Calls that overlap reach the device in any order, and any of them may be the one that is lost.',
    run: async (rig: Rig): Promise<void> => {
      if (((await rig.connect()).context.capabilities.callsInFlight ?? 1) === 1) return;
      await rig.settle(last);
      const end = rig.dump();
      const within = rig.wider(states);
      await rig.settle(start);
      const calls = await rig.requestsDuring(() => rig.watching(within, () => send(rig)));
      expect(rig.dump()).toEqual(end);
      for (const kind of troubles)
        for (const after of calls.keys()) {
          await rig.settle(start);
          // The earlier one is the slower one.
          rig.simulator.fault({ kind: 'latency', latencyMs: 15, after: after % 2, times: 1 });
          if (kind !== undefined) rig.simulator.fault({ kind, after });
          await rig.watching(within, async () => {
            const { error } = await send(rig);
            rig.simulator.clearFaults();
            if (error !== undefined) await rig.recover(last);
          });
          expect(rig.dump(), `after ${kind ?? 'no trouble'} at request ${after}`).toEqual(end);
        }
    },
  },
];

/** All publications, one after the other, to a device of which it is known how quick it is. */
async function send(rig: Rig): Promise<FlightEnd> {
  const { session, context } = await rig.connect();
  const store = new MemoryDesiredStore();
  const point = aPoint();
  const publish = async (from: readonly string[], to: readonly string[], desired: DesiredState): Promise<number> => {
    const without = (some: readonly string[], others: readonly string[]): string[] =>
      some.filter((one) => !others.includes(one));
    const [id = ''] = desired.groups.map((group) => group.id);
    const groups: GroupDelta[] = [{ id, role: 'Accept', added: without(to, from), removed: without(from, to) }];
    return await store.publish({
      point,
      desired: () => desired,
      rulesChanged: false,
      groups,
      ended: gone,
      synced: true,
    });
  };
  await store.acknowledge('edge', await publish(publications[0] ?? [], publications[0] ?? [], start));
  const step = async (at: number): Promise<number> =>
    await publish(publications[at - 1] ?? [], publications[at] ?? [], states[at] ?? last);
  await step(1);
  const first = await store.changesSince('edge', 1);
  if (first === undefined) throw new Error('nothing was published');
  let published = 1;
  const calls = new CallsInFlight(
    {
      point: 'edge',
      store,
      clock: {
        now: () => performance.now(),
        elapsed: () => performance.now(),
        sleep: (ms) => wait(Math.min(ms, 2)),
      },
      target: { adapter: rig.adapter, session, context, signal: new AbortController().signal },
      // The next event happens on demand.
      lease: {
        requested: async () => {
          if ((published += 1) >= publications.length) return await new Promise<never>(() => undefined);
          await step(published);
        },
        othersWait: () => Promise.resolve(false),
      },
      pace: { limit: context.capabilities.callsInFlight ?? 1, usualMs: 2, leastMs: 2, calm: 0 },
      leftovers: [],
      readBackDueAt: Infinity,
      onRecord: (_, write) => write(),
      report: () => Promise.resolve(),
    },
    first,
  );
  return await calls.end();
}
