import fc from 'fast-check';
import { expect } from 'vitest';
import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import { withoutMembers } from '../../../src/store/reading-store.ts';
import { aRule } from '../builders.ts';
import type { Law } from '../law.ts';
import type { Rig } from '../rig.ts';
import { desiredStates, permitted, stateOf } from '../universe.ts';

const runs = { seed: 20_260_119, numRuns: 3 };
const closedUntil = 'Mon 22:00-04:00 UTC';
const [a, b, c, v6] = ['203.0.113.0/25', '198.51.100.0/24', '192.0.2.0/24', '2001:db8:f::/48'] as const;
const https = { port: 443, protocol: 'TCP' } as const;
const dns = { port: 53, protocol: 'UDP' } as const;
const tls = { ...https, appProtocol: 'tls' } as const;

export const windows: readonly Law[] = [
  {
    name: 'while a change window is closed, what is taken back goes at once, and what is granted waits',
    why: 'A revocation that waits for the night is a hole for a day; a grant that does not is a change nobody has agreed to.',
    run: async (rig: Rig): Promise<void> => {
      const before = stateFor([a, b], ['10.0.0.1']);
      const after = stateFor([a, c], ['10.0.0.1', '10.0.0.2']);
      await rig.settle(before);
      const { waits, losses } = await close(rig, before, after);
      const own = [...permitted(stateFor([a], ['10.0.0.1', '10.0.0.2']), rig.flows)];
      if (losses.length === 0) expect(rig.which(own, 'Deny')).toEqual([]);
      expect(waits?.all.map(({ what }) => what)).toEqual([expect.stringContaining(`spec.to[0]: ${c} `)]);
      rig.expectAsDesired(after, await rig.settle(after));
    },
  },
  {
    name: 'while a change window is closed, pods of another family and the first of a group reach what was permitted',
    why: 'A rule that takes one more object for them is the same rule, and a rollout waits for no window.',
    run: async (rig: Rig): Promise<void> => {
      for (const [was, are] of [
        [['10.0.0.1'], ['10.0.0.1', '2001:db8::1']],
        [[], ['10.0.0.1']],
      ] as const) {
        rig.renew();
        const before = stateFor([a, v6], was);
        await rig.settle(before);
        const { losses } = await close(rig, before, stateFor([a, v6, c], are));
        if (losses.length === 0) expect(rig.which(permitted(stateFor([a, v6], are), rig.flows), 'Deny')).toEqual([]);
      }
    },
  },
  {
    name: 'while a change window is closed, nothing is permitted that was not, whatever is kept of what was in force',
    why: 'What is kept may be older than what the device has, by a process that died or another one.',
    run: async (rig: Rig): Promise<void> => {
      const pods = ['10.0.0.1', '2001:db8::1'];
      for (const [before, kept] of [
        [stateOf([], new Map()), stateFor([a], pods)],
        [stateFor([a], pods), stateFor([a, v6], pods)],
        [stateFor([v6], pods), stateFor([a, v6], pods)],
        [stateFor([a], pods, [https]), stateFor([a], pods, [https, dns])],
        [stateFor([a], pods, [https]), stateFor([a, 'api.example.com'], pods, [tls])],
        [stateFor([a], pods, [https]), stateFor(['api.example.com'], pods, [tls])],
      ] as const) {
        rig.renew();
        await rig.settle(before);
        await close(rig, before, kept, kept);
      }
      const other = aRule({ id: '100000000002', sources: ['a00000000001'], to: [b] });
      const beside = (state: DesiredState): DesiredState => ({ ...state, rules: [...state.rules, other] });
      const kept = stateFor([a], pods);
      const before = beside(kept);
      rig.renew();
      const { losses } = await rig.settle(before);
      await close(rig, before, beside(stateFor([a, c], pods)), kept);
      if (losses.length === 0) expect(rig.which(permitted(before, rig.flows), 'Deny')).toEqual([]);
    },
  },
  {
    name: 'while a change window is closed, who is selected before and after stays, and those who come wait',
    why: 'A selector is changed in the day, and the pods that both forms select must go on.',
    run: async (rig: Rig): Promise<void> => {
      const of = (group: string, members: readonly string[]): DesiredState =>
        stateOf([aRule({ sources: [group], to: [a] })], new Map([[group, members]]));
      const before = of('a00000000001', ['10.0.0.1', '10.0.0.2']);
      const after = of('a00000000002', ['10.0.0.2', '10.0.0.3']);
      const { losses, observed } = await rig.settle(before);
      // The members of a group that the device does not know are unknown.
      const isKnown = observed.some(({ desiredId, members }) => desiredId === 'a00000000001' && members !== undefined);
      const { inForce } = await close(rig, before, after);
      const both = of('a00000000001', ['10.0.0.2']);
      for (const kept of [inForce, inForce]) {
        expect(rig.wider([both])()).toEqual([]);
        if (losses.length === 0 && isKnown) expect(rig.which(permitted(both, rig.flows), 'Deny')).toEqual([]);
        if (kept === undefined) continue;
        const { nativeCalls } = await rig.sync(after, { closedUntil, inForce: withoutMembers(kept) });
        expect(nativeCalls).toBe(0);
      }
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

function stateFor(to: readonly string[], members: readonly string[], ports: Rule['ports'] = [https]): DesiredState {
  return stateOf([aRule({ sources: ['a00000000001'], to, ports })], new Map([['a00000000001', members]]));
}

/** Never wider than before, with the members that groups have now, and at the end not wider than wanted. */
async function close(rig: Rig, before: DesiredState, after: DesiredState, kept = before): ReturnType<Rig['sync']> {
  const live = new Map(after.groups.map(({ id, members }) => [id, members]));
  const groups = before.groups.map((group) => ({ ...group, members: live.get(group.id) ?? group.members }));
  let result: Awaited<ReturnType<Rig['sync']>> | undefined;
  await rig.watching(rig.wider([before, { ...before, groups }]), async () => {
    result = await rig.sync(after, { closedUntil, inForce: withoutMembers(kept) });
  });
  // What is kept tells what of a rule may go; without it the rule waits as a whole.
  if (kept === before) expect(rig.wider([after])()).toEqual([]);
  if (result === undefined) throw new Error('nothing was done');
  expect(result.error).toBeUndefined();
  return result;
}
