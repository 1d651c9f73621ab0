import { expect } from 'vitest';
import type { DesiredState, Role } from '../../../src/core/model/desired.ts';
import type { ResourceKey } from '../../../src/core/model/resource.ts';
import type { Law } from '../law.ts';
import { explain, neighbours, ourselves, type Rig } from '../rig.ts';
import { nothing, permitted } from '../universe.ts';
import { monday, oneGroup, oneGroupEach, sealed, tuesday } from './states.ts';

export const ownership: readonly Law[] = [
  {
    name: 'leaves the objects of others as they are',
    why: 'The device was there before us, and others answer for what is on it.',
    run: async (rig: Rig): Promise<void> => {
      const foreign = rig.harness.plantForeign();
      const theirs = structuredClone(foreign());
      const planted = rig.dump();
      const touched = (): readonly string[] =>
        JSON.stringify(foreign()) === JSON.stringify(theirs) ? [] : ['an object of somebody else has changed'];
      await rig.watching(touched, async () => {
        for (const desired of [monday, tuesday, nothing]) await rig.settle(desired);
      });
      expect(rig.dump()).toEqual(planted);
    },
  },
  {
    name: 'a name that is taken is told, and nothing of theirs is overwritten',
    why: 'Overwriting what happens to have our name breaks somebody; ignoring it leaves a policy unenforced in silence.',
    run: async (rig: Rig): Promise<void> => {
      const desired = oneGroupEach(['10.0.0.1', '10.0.0.2']);
      const taken = await groupOf(rig, desired, '10.0.0.1');
      rig.harness.collide(taken);
      const before = rig.dump();
      const within = rig.wider([oneGroup(['10.0.0.2'])]);
      let result = await rig.sync(desired);
      await rig.watching(within, async () => {
        result = await rig.sync(desired);
      });
      expect(result.state, explain(result)).toBe('held');
      expect(result.foreign.map(({ kind, name }) => ({ kind, name }))).toContainEqual(taken);
      expect(result.violations.map((violation) => violation.guard)).toEqual(['foreign-object']);
      expect(rig.which(permitted(oneGroup(['10.0.0.2']), rig.flows), 'Deny')).toEqual([]);
      await rig.sync(nothing);
      expect(rig.dump()).toEqual(before);
    },
  },
  {
    name: 'nothing opens beneath a denying group whose name is taken',
    why: 'The accepting rule below would let through what was to be stopped.',
    run: async (rig: Rig): Promise<void> => {
      rig.harness.collide(await groupOf(rig, sealed, '10.0.0.1', 'Deny'));
      await rig.watching(rig.wider([sealed]), async () => {
        const result = await rig.sync(sealed);
        expect(result.state, explain(result)).toBe('held');
      });
    },
  },
  {
    name: 'two clusters share one device and never touch each other',
    why: 'Each would take the objects of the other for its own drift, and remove them.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(tuesday, { owner: neighbours });
      const theirsAlone = rig.dump();
      for (const desired of [monday, tuesday, monday]) {
        await rig.settle(desired, { owner: ourselves });
        for (const owner of [ourselves, neighbours]) {
          const wanted = owner === ourselves ? desired : tuesday;
          const { plan, foreign } = await rig.settle(wanted, { owner });
          expect({ plan, foreign }).toEqual({ plan: { changes: [] }, foreign: [] });
        }
      }
      await rig.settle(nothing, { owner: ourselves });
      expect(rig.dump()).toEqual(theirsAlone);
    },
  },
  {
    name: 'a second point in the same place touches nothing of the first, and says who is there',
    why: 'Each would take the rules of the other for its own drift, remove them, and tell everybody that it is programmed.',
    run: async (rig: Rig): Promise<void> => {
      const second = { ...ourselves, point: 'second' };
      await rig.settle(monday);
      const before = rig.dump();
      const result = await rig.sync(tuesday, { owner: second });
      if (rig.adapter.sees === undefined) {
        expect([result.state, result.violations.map(({ guard }) => guard)]).toEqual(['held', ['place-taken']]);
        expect(result.violations[0]?.message).toContain('EnforcementPoint/edge');
        expect(rig.dump()).toEqual(before);
      }
      expect((await rig.sync(monday)).plan.changes).toEqual([]);
      await rig.sync(nothing, { owner: second });
      expect((await rig.sync(monday)).plan.changes).toEqual([]);
    },
  },
  {
    name: 'takes over what an earlier version marked, without opening or closing anything',
    why: 'Its marks do not name the point: whoever upgrades must neither lose a flow nor leave the place to the next who comes.',
    run: async (rig: Rig): Promise<void> => {
      if (rig.adapter.sees !== undefined) return;
      await rig.settle(monday, { owner: { cluster: ourselves.cluster } });
      rig.crash();
      const allowed = permitted(monday, rig.flows);
      const forbidden = rig.flows.filter((flow) => !allowed.has(flow));
      const judged = (): readonly string[] => [...rig.which(allowed, 'Deny'), ...rig.which(forbidden, 'Accept')];
      const already = new Set(judged());
      await rig.watching(
        () => judged().filter((flow) => !already.has(flow)),
        () => rig.settle(monday),
      );
      const second = await rig.sync(tuesday, { owner: { ...ourselves, point: 'second' } });
      expect(second.violations.map(({ guard }) => guard)).toEqual(['place-taken']);
      await rig.settle(nothing);
    },
  },
];

/** What the group that has this member is on the device. */
export async function groupOf(
  rig: Rig,
  desired: DesiredState,
  member: string,
  role: Role = 'Accept',
): Promise<ResourceKey> {
  const resources = await rig.lower(desired);
  const group = resources.find(({ effect, members }) => effect === role && members?.includes(member));
  if (group === undefined) throw new Error(`lowering gave no object of effect ${role} with member ${member}`);
  return { kind: group.kind, name: group.name };
}
