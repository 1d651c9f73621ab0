import { expect } from 'vitest';
import type { Law } from '../law.ts';
import { explain, type Rig } from '../rig.ts';
import { atEveryRequest } from './faults.ts';
import { monday, tuesday } from './states.ts';

/** A session outlives what happens to the device behind its address, or is opened after it. */
const sessions: readonly ((rig: Rig) => void)[] = [() => undefined, (rig) => rig.crash()];

export const mishaps: readonly Law[] = [
  {
    name: 'a restored backup is told, and does not stay',
    why: 'It brings back rules and members that were withdrawn since; whoever asks must not hear that all is in force.',
    run: async (rig: Rig): Promise<void> => {
      for (const begin of sessions) {
        rig.renew();
        await rig.settle(monday);
        const restore = rig.simulator.checkpoint();
        await rig.settle(tuesday);
        const end = rig.dump();
        restore();
        begin(rig);
        await expectHealed(rig, end);
      }
    },
  },
  {
    name: 'an empty device at the same address is told, and filled',
    why: 'A unit that was replaced has nothing of what the old one enforced, whatever is remembered of that.',
    run: async (rig: Rig): Promise<void> => {
      for (const begin of sessions) {
        rig.renew();
        await rig.settle(tuesday);
        const end = rig.dump();
        rig.simulator.reset();
        begin(rig);
        await expectHealed(rig, end);
      }
    },
  },
  {
    name: 'a device that restarts with what it had before, at any write, is not taken for one that goes on',
    why: 'What was accepted and not saved is gone, and a session that goes on with what it remembers builds on nothing.',
    run: (rig) =>
      atEveryRequest(rig, 'writes', async (journey, after) => {
        const restart = rig.simulator.checkpoint();
        rig.simulator.fault({ kind: 'reset-before', after });
        rig.afterRequests(after + 1, restart);
        await rig.recover(journey.to, (result) => journey.expectTruth(result));
        rig.simulator.clearFaults();
      }),
  },
  {
    name: 'a device whose other unit takes over without what was written is not taken for one that has it',
    why: 'No connection is cut, every request was answered with success, and the unit that answers now has none of it.',
    run: (rig) =>
      atEveryRequest(rig, 'writes', async (journey, after) => {
        rig.afterRequests(after + 1, rig.simulator.checkpoint());
        await rig.recover(journey.to, (result) => journey.expectTruth(result));
      }),
  },
];

/** What is wanted is not there: that is said, and after the next turn it is there again. */
async function expectHealed(rig: Rig, end: unknown): Promise<void> {
  const found = rig.dump();
  const seen = await rig.sync(tuesday, { mode: 'Observe' });
  // A session whose login is gone may notice only that.
  expect(['planned', 'failed'], explain(seen)).toContain(seen.state);
  expect(rig.dump()).toEqual(found);
  const wider = rig.wider([monday, tuesday]);
  // Rules that are back meet pods that have changed since.
  const already = new Set(wider());
  await rig.watching(
    () => wider().filter((flow) => !already.has(flow)),
    () =>
      rig.recover(tuesday, (result) => {
        if (result.state === 'programmed') expect(rig.dump(), explain(result)).toEqual(end);
      }),
  );
  expect(rig.dump()).toEqual(end);
}
