import fc from 'fast-check';
import { expect } from 'vitest';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import type { Law } from '../law.ts';
import { byKey, type Rig } from '../rig.ts';
import { desiredStates, nothing, stateOf } from '../universe.ts';
import { monday, tuesday } from './states.ts';

const samples = [monday, tuesday, ...fc.sample(desiredStates, { seed: 1, numRuns: 4 })];

export const settling: readonly Law[] = [
  {
    name: 'settles',
    why: 'If what is read back never equals what was lowered, every sync rewrites the device for ever.',
    run: async (rig: Rig): Promise<void> => {
      for (const desired of samples) {
        const first = await rig.settle(desired);
        rig.expectAsDesired(desired, first);
        const { session } = await rig.connect();
        const { complete, resources, foreign } = await session.observe();
        expect({ complete, foreign }).toEqual({ complete: true, foreign: [] });
        expect(byKey(resources).map(comparable)).toEqual((await rig.lower(desired)).map(comparable));
        const requests = await rig.requestsDuring(async () => {
          expect((await rig.settle(desired)).plan.changes).toEqual([]);
        });
        expect(requests.filter(({ wrote }) => wrote)).toEqual([]);
      }
    },
  },
  {
    name: 'leaves nothing behind',
    why: 'Objects that outlive the policy they came from are access that nobody answers for.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(nothing);
      const empty = rig.dump();
      for (const desired of samples) {
        await rig.settle(desired);
        await rig.settle(nothing);
        expect(rig.dump()).toEqual(empty);
      }
    },
  },
  {
    name: 'lowers the same whatever the order of groups and members',
    why: 'An order that depends on chance shows up as drift, and as a plan that nobody can review.',
    run: async (rig: Rig): Promise<void> => {
      for (const desired of samples) {
        const shuffled = {
          ...desired,
          groups: desired.groups.map((group) => ({ ...group, members: group.members.toReversed() })).toReversed(),
          rules: desired.rules.map((rule) => ({ ...rule, sources: rule.sources.toReversed() })),
        };
        expect((await rig.lower(shuffled)).map(comparable)).toEqual((await rig.lower(desired)).map(comparable));
      }
    },
  },
  {
    name: 'lowers a group the same whatever else there is',
    why: 'Otherwise a change to one policy rewrites the objects of all others.',
    run: (rig) =>
      partsEqualTheWhole(
        (desired) => rig.lower(desired),
        ({ position }) => position === undefined,
      ),
  },
  {
    name: 'lowers a rule the same whatever else there is',
    why: 'Otherwise a change to one policy rewrites the rules of all others.',
    run: (rig) =>
      partsEqualTheWhole(
        (desired) => rig.lower(desired),
        ({ position }) => position !== undefined,
      ),
  },
  {
    name: 'keeps the order of changes, and tells how many requests they take',
    why: 'The order is what makes a plan safe; the number is what a person approves.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(monday);
      const { session, context } = await rig.connect();
      const { changes } = diff(await rig.lower(tuesday), (await session.observe()).resources);
      const batches = rig.adapter.batch(changes, context);
      expect(batches.flatMap((batch) => batch.changes)).toEqual(changes);
      for (const batch of batches) {
        let outcomes: readonly Outcome[] = [];
        const requests = await rig.requestsDuring(async () => {
          outcomes = await session.send(batch, new AbortController().signal);
        });
        expect(outcomes.filter(({ result }) => result === 'error')).toEqual([]);
        expect(requests.map(({ method, path }) => `${method} ${path}`)).toHaveLength(batch.nativeCalls);
        await rig.ended(outcomes);
      }
    },
  },
];

/** Sets as sets, and nothing that is `undefined`. */
function comparable(resource: Resource): Resource {
  const refs = resource.refs.toSorted((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1));
  // A title is for people; no device gives it back.
  const { title: _, ...rest } = resource;
  return { ...rest, refs, ...(resource.members && { members: resource.members.toSorted() }) };
}

async function partsEqualTheWhole(
  lower: (desired: DesiredState) => Promise<readonly Resource[]>,
  concerned: (resource: Resource) => boolean,
): Promise<void> {
  for (const desired of samples) {
    const whole = new Map((await lower(desired)).map((resource) => [`${resource.kind} ${resource.name}`, resource]));
    const members = new Map(desired.groups.map((group) => [group.id, group.members]));
    for (const rule of desired.rules) {
      for (const part of (await lower(stateOf([rule], members))).filter(concerned)) {
        const there = whole.get(`${part.kind} ${part.name}`);
        expect(
          there && comparable({ ...there, ...(part.position !== undefined && { position: part.position }) }),
        ).toEqual(comparable(part));
      }
    }
  }
}
