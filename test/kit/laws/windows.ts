import fc from 'fast-check';
import { expect } from 'vitest';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { withoutMembers } from '../../../src/store/reading-store.ts';
import { aRule } from '../builders.ts';
import type { Law } from '../law.ts';
import type { Rig } from '../rig.ts';
import { desiredStates, permitted, stateOf } from '../universe.ts';

const runs = { seed: 20_260_119, numRuns: 3 };
const closedUntil = 'Mon 22:00-04:00 UTC';
const [a, b, c] = ['203.0.113.0/25', '198.51.100.0/24', '192.0.2.0/24'] as const;

export const windows: readonly Law[] = [
  {
    name: 'while a change window is closed, what is taken back goes at once, and what is granted waits',
    why: 'A revocation that waits for the night is a hole for a day; a grant that does not is a change nobody has agreed to.',
    run: async (rig: Rig): Promise<void> => {
      const state = (to: readonly string[], members: readonly string[]): DesiredState =>
        stateOf([aRule({ sources: ['a00000000001'], to })], new Map([['a00000000001', members]]));
      const before = state([a, b], ['10.0.0.1']);
      const after = state([a, c], ['10.0.0.1', '10.0.0.2']);
      await rig.settle(before);
      const { waits, losses } = await close(rig, before, after);
      const own = [...permitted(state([a], ['10.0.0.1', '10.0.0.2']), rig.flows)];
      if (losses.length === 0) expect(rig.which(own, 'Deny')).toEqual([]);
      expect(waits?.all.map(({ what }) => what)).toEqual([expect.stringContaining(`spec.to[0]: ${c} `)]);
      rig.expectAsDesired(after, await rig.settle(after));
    },
  },
  {
    name: 'while a change window is closed, nothing is permitted that was not, and nothing stays that is not wanted',
    why: 'Whoever narrows one policy and widens another must not get the wider half first, nor wait for the narrower.',
    run: async (rig: Rig): Promise<void> => {
      await fc.assert(
        fc.asyncProperty(desiredStates, desiredStates, async (before, after) => {
          rig.renew();
          await rig.settle(before);
          await close(rig, before, after);
          rig.expectAsDesired(after, await rig.settle(after));
        }),
        runs,
      );
    },
  },
];

/** Never wider than before, with the members that groups have now, and at the end not wider than wanted. */
async function close(rig: Rig, before: DesiredState, after: DesiredState): ReturnType<Rig['sync']> {
  const live = new Map(after.groups.map(({ id, members }) => [id, members]));
  const groups = before.groups.map((group) => ({ ...group, members: live.get(group.id) ?? group.members }));
  let result: Awaited<ReturnType<Rig['sync']>> | undefined;
  await rig.watching(rig.wider([before, { ...before, groups }]), async () => {
    result = await rig.sync(after, { closedUntil, inForce: withoutMembers(before) });
  });
  expect(rig.wider([after])()).toEqual([]);
  if (result === undefined) throw new Error('nothing was done');
  expect(result.error).toBeUndefined();
  return result;
}
