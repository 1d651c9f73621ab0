import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lower } from '../../adapters/memory/lower.ts';
import type { LowerContext } from '../../src/adapter/adapter.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import { phases, type Change, type Phase, type Place } from '../../src/core/model/plan.ts';
import { keyOf, type Resource } from '../../src/core/model/resource.ts';
import { diff } from '../../src/core/plan/diff.ts';
import { desiredStates } from '../kit/universe.ts';

/*
 * Properties of plans on a device that is nothing but a list: no adapter, no session, no chance to be lenient.
 */

const context: LowerContext = {
  config: {},
  owner: { cluster: 'east' },
  capabilities: {
    version: '',
    groupsAs: ['source'],
    emptyGroup: 'nothing',
    memberUpdates: 'delta',
    lock: 'none',
    domainNames: 'wildcard',
    transactions: false,
    maxMembersPerGroup: 100,
    maxObjects: {},
    serialised: 'object',
    settleSeconds: 0,
    choices: {},
  },
};
const lowered = (desired: DesiredState): readonly Resource[] => lower(desired, context).resources;

const runs = { seed: 42, numRuns: 300 };

describe('a plan', () => {
  it('is empty where nothing differs, in whatever order it was read', () => {
    fc.assert(
      fc.property(desiredStates, (desired) => {
        expect(diff(lowered(desired), lowered(desired).toReversed()).changes).toEqual([]);
      }),
      runs,
    );
  });

  it('leads from any state to any other', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, (from, to) => {
        const end = diff(lowered(to), lowered(from)).changes.reduce(carryOut, lowered(from));
        expect(sorted(end)).toEqual(sorted(lowered(to)));
      }),
      runs,
    );
  });

  it('leads there from wherever it was broken off', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, fc.nat(), (from, to, at) => {
        const { changes } = diff(lowered(to), lowered(from));
        const halfway = changes.slice(0, at % (changes.length + 1)).reduce(carryOut, lowered(from));
        const end = diff(lowered(to), halfway).changes.reduce(carryOut, halfway);
        expect(sorted(end)).toEqual(sorted(lowered(to)));
      }),
      runs,
    );
  });

  it('runs phase by phase, withdrawals first', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, (from, to) => {
        const order = diff(lowered(to), lowered(from)).changes.map(({ phase }) => phases.indexOf(phase));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
      runs,
    );
  });

  it('never names what is not there, nor deletes what is in use', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, (from, to) => {
        let table = lowered(from);
        for (const change of diff(lowered(to), table).changes) {
          table = carryOut(table, change);
          const there = new Set(table.map(keyOf));
          expect(table.flatMap(({ refs }) => refs).filter((ref) => !there.has(keyOf(ref)))).toEqual([]);
        }
      }),
      runs,
    );
  });

  it('has in every phase only what belongs there', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, (from, to) => {
        const { changes } = diff(lowered(to), lowered(from));
        expect(changes.filter((change) => !phasesFor(change).includes(change.phase))).toEqual([]);
      }),
      runs,
    );
  });
});

/** The phases in which such a change has its place: what narrows early, what widens late. */
function phasesFor(change: Change): readonly Phase[] {
  const { effect, position } = change.after ?? change.before ?? {};
  const accepts = effect === 'Accept';
  switch (change.op) {
    case 'members':
      return change.remove.length > 0 ? [accepts ? 'revoke' : 'shrink'] : [accepts ? 'extend' : 'grow'];
    case 'delete':
      return [accepts && position !== undefined ? 'revoke' : 'shrink'];
    default:
      if (position === undefined) return ['grow'];
      return accepts ? ['wire'] : ['grow', 'wire'];
  }
}

/** A device that is a list: rules in their order, everything else anywhere. */
function carryOut(table: readonly Resource[], change: Change): readonly Resource[] {
  return numbered(carriedOut(table, change));
}

function carriedOut(table: readonly Resource[], change: Change): readonly Resource[] {
  const at = table.findIndex((resource) => keyOf(resource) === keyOf(change.key));
  const found = table[at];
  if (change.op === 'create') return inserted(table, change.after, change.place);
  if (found === undefined) throw new Error(`${change.op} of ${change.key.name}, which is not there`);
  switch (change.op) {
    case 'move':
      return inserted(table.toSpliced(at, 1), found, change.place);
    case 'update':
      return table.with(at, { ...change.after, ...(found.members && { members: found.members }) });
    case 'members': {
      const members = [...(found.members ?? []), ...change.add].filter((member) => !change.remove.includes(member));
      return table.with(at, { ...found, members: members.toSorted() });
    }
    case 'delete':
      return table.toSpliced(at, 1);
  }
}

function inserted(
  table: readonly Resource[],
  resource: Resource,
  { after }: Place = { after: null },
): readonly Resource[] {
  const at = table.findIndex(({ kind, name }) => kind === resource.kind && name === after);
  if (after !== null && at < 0) throw new Error(`${resource.name} is to stand after ${after}, which is not there`);
  return table.toSpliced(at + 1, 0, resource);
}

function numbered(table: readonly Resource[]): readonly Resource[] {
  let position = 0;
  return table.map((resource) => (resource.position === undefined ? resource : { ...resource, position: position++ }));
}

function sorted(table: readonly Resource[]): readonly Resource[] {
  return table.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
