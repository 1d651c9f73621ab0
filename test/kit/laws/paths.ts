import fc from 'fast-check';
import { expect } from 'vitest';
import type { DesiredState, GroupDelta } from '../../../src/core/model/desired.ts';
import { syncDelta } from '../../../src/worker/sync/sync-delta.ts';
import type { Law } from '../law.ts';
import type { Rig } from '../rig.ts';
import { desiredStates, nothing, stateOf } from '../universe.ts';
import { monday, tuesday } from './states.ts';

const states = [monday, tuesday, ...fc.sample(desiredStates, { seed: 3, numRuns: 3 })];

/** Ways through the states; where they end is all that may matter. */
const ways: Readonly<Record<string, readonly DesiredState[]>> = {
  'one by one': states,
  'the other way round': states.toReversed(),
  'each one twice': states.flatMap((state) => [state, state]),
  'with nothing in between': states.flatMap((state) => [nothing, state]),
  'in two halves each': states.flatMap((state, at) => [between(states[at - 1] ?? nothing, state), state]),
  'every other one left out': states.filter((_, at) => at % 2 === 0),
};

export const paths: readonly Law[] = [
  {
    name: 'ends in the same state whatever the way',
    why: 'Events come late, twice, or not at all; only what is wanted now may count.',
    run: async (rig: Rig): Promise<void> => {
      const ends = new Map<DesiredState, unknown>();
      for (const desired of new Set(Object.values(ways).map((way) => way[way.length - 1] ?? nothing))) {
        rig.renew();
        await rig.settle(desired);
        ends.set(desired, rig.dump());
      }
      for (const [name, way] of Object.entries(ways)) {
        for (const desired of way) await rig.settle(desired);
        expect(rig.dump(), name).toEqual(ends.get(way[way.length - 1] ?? nothing));
      }
    },
  },
  {
    name: 'the fast path ends where the full path does',
    why: 'A pod that comes or goes takes the short way; it must lead to the same place.',
    run: async (rig: Rig): Promise<void> => {
      const later = withMembers(monday, tuesday);
      await rig.settle(later);
      const end = rig.dump();
      await rig.settle(monday);
      const { session, context } = await rig.connect();
      const carrier = { adapter: rig.adapter, session, context, signal: new AbortController().signal };
      await rig.watching(rig.wider([monday, later]), async () => {
        const sent = await syncDelta(deltas(monday, later), carrier);
        expect(sent?.outcomes.filter(({ result }) => result === 'error') ?? []).toEqual([]);
        await rig.ended(sent?.outcomes ?? []);
        if (sent === undefined || sent.waiting > 0) await rig.settle(later);
      });
      expect(rig.dump()).toEqual(end);
      expect((await rig.settle(later)).plan.changes).toEqual([]);
    },
  },
];

/** The rules of `to` with the members of `from`, as far as it has them. */
function between(from: DesiredState, to: DesiredState): DesiredState {
  return stateOf(to.rules, new Map([...to.groups, ...from.groups].map(({ id, members }) => [id, members])));
}

/** `state` with the members that its groups have in `other`. */
function withMembers(state: DesiredState, other: DesiredState): DesiredState {
  return between(other, state);
}

function deltas(from: DesiredState, to: DesiredState): readonly GroupDelta[] {
  return to.groups.map(({ id, role, members }) => {
    const had = from.groups.find((group) => group.id === id)?.members ?? [];
    return {
      id,
      role,
      added: members.filter((member) => !had.includes(member)),
      removed: had.filter((member) => !members.includes(member)),
    };
  });
}
