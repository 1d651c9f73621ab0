import fc from 'fast-check';
import { expect } from 'vitest';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { evaluator } from '../../../src/verify/perimeter/desired.ts';
import { aRule } from '../builders.ts';
import type { Law } from '../law.ts';
import type { Rig } from '../rig.ts';
import { aDenyingRule, desiredStates, nothing, permitted, stateOf } from '../universe.ts';
import { oneGroup, oneGroupEach, readable, unburdened, unreadable } from './states.ts';

const runs = { seed: 20_260_101, numRuns: 10 };

export const safety: readonly Law[] = [
  {
    name: 'an empty accepting group is nobody',
    why: 'On many a device an empty source means everybody: the last pod goes, and the gate stands open.',
    run: async (rig: Rig): Promise<void> => {
      const open = (members: readonly string[]): DesiredState =>
        stateOf([aRule({ to: 'any', ports: [] })], new Map([['00000000000a', members]]));
      const one = ['10.0.0.1'];
      for (const members of [[], one, [], ['2001:db8::1'], one, []]) {
        await rig.watching(rig.wider([open([...one, '2001:db8::1'])]), () => rig.settle(open(members)));
        rig.expectAsDesired(open(members), await rig.settle(open(members)));
      }
      await rig.watching(rig.wider([nothing]), () => rig.settle(nothing));
    },
  },
  {
    name: 'an empty denying group is nobody',
    why: 'A denying rule for nobody that becomes one for everybody is an outage of everything below it.',
    run: async (rig: Rig): Promise<void> => {
      const rules = [
        aDenyingRule({ sources: ['d00000000001'], to: 'any', ports: [] }),
        aRule({ sources: ['a00000000001'], to: 'any', ports: [] }),
      ];
      const state = (denied: readonly string[]): DesiredState =>
        stateOf(
          rules,
          new Map([
            ['a00000000001', ['10.0.0.1', '10.0.0.2']],
            ['d00000000001', denied],
          ]),
        );
      const unconcerned = [...permitted(state([]), rig.flows)].filter(({ src }) => src === '10.0.0.1');
      await rig.settle(state([]));
      for (const denied of [['10.0.0.2'], [], ['2001:db8::1'], []]) {
        const result = await watchingUncut(rig, unconcerned, state(denied));
        rig.expectAsDesired(state(denied), result);
      }
    },
  },
  {
    name: 'what a policy denied that can no longer be read stays denied, and whom it does not concern goes on',
    why: 'A controller that starts after an upgrade of the schemas would take what it cannot read for gone, and open what it denied.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(readable.monday);
      rig.crash();
      const objections = rig.wider([readable.monday, readable.tuesday]);
      for (let times = 0; times < 2; times += 1)
        await rig.watching(objections, async () => {
          const { state, violations } = await rig.sync(unreadable);
          expect([state, violations.map(({ guard }) => guard)]).toEqual(['held', ['unreadable-policy']]);
        });
      const [before, after] = [permitted(readable.monday, rig.flows), permitted(readable.tuesday, rig.flows)];
      const others = [...after].filter(({ src }) => src === '10.0.0.3' || src === '2001:db8::1');
      expect(rig.which(new Set([...before, ...others]), 'Deny')).toEqual([]);
      expect(
        rig.which(
          rig.flows.filter(({ src }) => src === '10.0.0.2'),
          'Accept',
        ),
      ).toEqual([]);
      rig.expectAsDesired(readable.tuesday, await rig.settle(readable.tuesday));
    },
  },
  {
    name: 'what one namespace takes back holds nobody else',
    why: 'Whoever deletes enough of its own policies would otherwise freeze what all others may and may not.',
    run: async (rig: Rig): Promise<void> => {
      const { before, after } = unburdened;
      await rig.settle(before);
      const limits = { maxRemovals: 15, maxRemovalsPercent: 100 };
      const { state, violations, losses } = await rig.sync(after, { limits });
      expect([state, violations.map(({ message }) => message)]).toEqual([
        'held',
        [expect.stringContaining('of namespace bank')],
      ]);
      if (losses.length === 0) expect(rig.which(permitted(after, rig.flows), 'Deny')).toEqual([]);
      expect(
        rig.which(
          rig.flows.filter(({ src }) => src === '10.0.0.2'),
          'Accept',
        ),
      ).toEqual([]);
    },
  },
  {
    name: 'an address that has ended leaves what is held, and may be somebody else’s at once',
    why: 'What a namespace takes back may wait for a person; the next pod at one of its addresses must not inherit it.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(unburdened.before);
      const after = oneGroup(['10.0.0.1', '10.0.0.3']);
      const limits = { maxRemovals: 15, maxRemovalsPercent: 100 };
      const { state, losses } = await rig.sync(after, { limits, ended: new Set(['10.0.0.3']) });
      expect(state).toBe('held');
      const partners = { src: '10.0.0.3', dst: '192.0.2.7', port: 443, protocol: 'TCP' } as const;
      expect(rig.simulator.verdict(partners).action).toBe('Deny');
      if (losses.length === 0) expect(rig.which(permitted(after, rig.flows), 'Deny')).toEqual([]);
    },
  },
  {
    name: 'never wider than before or after',
    why: 'A change that opens a gate for a moment is found by whoever waits for that moment.',
    run: async (rig: Rig): Promise<void> => {
      const walk = fc.array(desiredStates, { minLength: 2, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(walk, async (states) => {
          rig.renew();
          let before = nothing;
          for (const desired of [...states, nothing]) {
            await rig.watching(rig.wider([before, desired]), async () => {
              rig.expectAsDesired(desired, await rig.settle(desired));
            });
            before = desired;
          }
        }),
        runs,
      );
    },
  },
  {
    name: 'never narrower for what does not change',
    why: 'A flow that one unchanged rule permits before and after has no reason to be cut.',
    run: async (rig: Rig): Promise<void> => {
      await fc.assert(
        fc.asyncProperty(desiredStates, desiredStates, async (from, to) => {
          const after = acceptingEdits(from, to);
          rig.renew();
          const { losses } = await rig.settle(from);
          if (losses.length === 0) await watchingUncut(rig, permittedBySameRule(rig, from, after), after);
        }),
        runs,
      );
    },
  },
  {
    name: 'withdraws before it grants',
    why: 'What must go is the urgent half of a change; and the address of a pod that ended may be given to another one.',
    run: async (rig: Rig): Promise<void> => {
      const [x, y] = ['10.0.0.1', '10.0.0.2'] as const;
      for (const [before, after] of [
        [oneGroup([x]), oneGroup([y])],
        [oneGroupEach([x, y]), oneGroupEach(['10.0.0.3', y])],
        [oneGroupEach([x, y]), oneGroupEach([y, '10.0.0.3'])],
      ] as const) {
        await rig.settle(before);
        const old = permitted(before, rig.flows);
        const wanted = permitted(after, rig.flows);
        const withdrawn = [...old].filter((flow) => !wanted.has(flow));
        const granted = [...wanted].filter((flow) => !old.has(flow));
        const both = (): readonly string[] => {
          const still = rig.which(withdrawn, 'Accept');
          return still.length > 0
            ? rig.which(granted, 'Accept').map((grant) => `${grant} while ${still[0] ?? ''}`)
            : [];
        };
        await rig.watching(both, () => rig.settle(after));
      }
    },
  },
  {
    name: 'an address that changes groups is never in both',
    why: 'The new pod would have what the old one was allowed, on top of its own.',
    run: async (rig: Rig): Promise<void> => {
      const state = (first: readonly string[], second: readonly string[]): DesiredState =>
        stateOf(
          [
            aRule({ id: '100000000001', sources: ['a00000000001'], to: ['203.0.113.0/24'] }),
            aRule({ id: '100000000002', sources: ['a00000000002'], to: ['198.51.100.0/24'] }),
          ],
          new Map([
            ['a00000000001', first],
            ['a00000000002', second],
          ]),
        );
      const [left, right] = [state(['10.0.0.1'], []), state([], ['10.0.0.1'])];
      const both = (): readonly string[] =>
        [left, right].every((side) => rig.which(permitted(side, rig.flows), 'Accept').length > 0) ? ['in both'] : [];
      for (const desired of [left, right, left]) await rig.watching(both, () => rig.settle(desired));
    },
  },
  {
    name: 'closes a name before what is below opens',
    why: 'A Pass that was flattened leaves a denying rule with a name; to leave it out would be wider.',
    run: async (rig: Rig): Promise<void> => {
      const open = aRule({ id: '100000000001', sources: ['a00000000001'], to: 'any' });
      const closed = aDenyingRule({ sources: ['d00000000001'], to: ['api.example.com'] });
      const fill = new Map([
        ['a00000000001', ['10.0.0.1', '10.0.0.2']],
        ['d00000000001', ['10.0.0.1']],
      ]);
      const states = [stateOf([closed, open], fill), stateOf([open], fill), stateOf([closed, open], fill), nothing];
      let before = nothing;
      for (const desired of states) {
        const within = rig.wider([before, desired]);
        await rig.watching(within, async () => rig.expectAsDesired(desired, await rig.settle(desired)));
        before = desired;
      }
    },
  },
];

async function watchingUncut(
  rig: Rig,
  flows: readonly Rig['flows'][number][],
  desired: DesiredState,
): ReturnType<Rig['settle']> {
  expect(rig.which(flows, 'Deny')).toEqual([]);
  await rig.watching(
    () => rig.which(flows, 'Deny'),
    () => rig.settle(desired),
  );
  return rig.settle(desired);
}

/** `to`, but denying rules, the groups they name and the order of rules stay as in `from`. */
function acceptingEdits(from: DesiredState, to: DesiredState): DesiredState {
  const coming = new Map(to.rules.filter(({ action }) => action === 'Accept').map((rule) => [rule.id, rule]));
  const kept = from.rules.flatMap((rule) => (rule.action === 'Deny' ? [rule] : (coming.get(rule.id) ?? [])));
  const keptIds = new Set(kept.map(({ id }) => id));
  const rules = [...kept, ...[...coming.values()].filter(({ id }) => !keptIds.has(id))];
  const members = new Map([...from.groups, ...to.groups].map((group) => [group.id, group.members]));
  for (const { id, role, members: old } of from.groups) if (role === 'Deny') members.set(id, old);
  return stateOf(rules, members);
}

/** Flows that one and the same rule decides in both states, out of a group that the source stays in. */
function permittedBySameRule(rig: Rig, from: DesiredState, to: DesiredState): Rig['flows'] {
  const same = new Set(
    from.rules
      .filter((rule) => to.rules.some((other) => JSON.stringify(other) === JSON.stringify(rule)))
      .map(({ id }) => id),
  );
  const stays = from.groups.map((group) => {
    const later = new Set(to.groups.find(({ id }) => id === group.id)?.members);
    return { ...group, members: group.members.filter((member) => later.has(member)) };
  });
  const [before, after] = [evaluator({ ...from, groups: stays }), evaluator({ ...to, groups: stays })];
  return rig.flows.filter((flow) => {
    const [now, then] = [before(flow), after(flow)];
    return now.action === 'Accept' && now.rule === then.rule && same.has(now.rule);
  });
}
