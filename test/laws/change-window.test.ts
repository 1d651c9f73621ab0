import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredState, Rule } from '../../src/core/model/desired.ts';
import { withinWindow } from '../../src/core/plan/window/within-window.ts';
import { aRule } from '../kit/builders.ts';
import { describeFlow, desiredStates, everyFlow, nothing, permitted, stateOf } from '../kit/universe.ts';

/*
 * What may be in force while a change window is closed: never more than before, never more than wanted, and of a rule
 * that only leads elsewhere all that both have.
 */

interface Edit extends Pick<Rule, 'ports'> {
  readonly to: readonly string[];
  readonly members: readonly string[];
}

const runs = { seed: 19, numRuns: 150 };
const flows = everyFlow();
const now = Date.parse('2026-03-04T21:00:00Z');
const reach = (desired: DesiredState): readonly string[] => [...permitted(desired, flows)].map(describeFlow).sort();

function bounded(wanted: DesiredState, before: DesiredState): DesiredState {
  return withinWindow(wanted, withGroupsOf(wanted, before), now) ?? nothing;
}

/** A group is who is in it, in either state. */
function withGroupsOf(wanted: DesiredState, before: DesiredState): DesiredState {
  const members = new Map(wanted.groups.map((group) => [group.id, group.members]));
  return {
    ...before,
    groups: before.groups.map((group) => ({ ...group, members: members.get(group.id) ?? group.members })),
  };
}

describe('outside of a change window', () => {
  it('nothing is permitted that was not, or that is not wanted', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, (before, wanted) => {
        const [was, wants] = [withGroupsOf(wanted, before), wanted].map((state) => new Set(reach(state)));
        expect(reach(bounded(wanted, before)).filter((flow) => !was?.has(flow) || !wants?.has(flow))).toEqual([]);
      }),
      runs,
    );
  });

  it('stays as it is until something else is wanted', () => {
    fc.assert(
      fc.property(desiredStates, desiredStates, (before, wanted) => {
        const once = bounded(wanted, before);
        expect(reach(bounded(wanted, once))).toEqual(reach(once));
      }),
      runs,
    );
  });

  it('never grows, whatever is wanted in turn', () => {
    fc.assert(
      fc.property(desiredStates, fc.array(desiredStates, { minLength: 2, maxLength: 5 }), (first, all) => {
        const fill = new Map(first.groups.map(({ id, members }) => [id, members]));
        let last = first;
        for (const wanted of all.map(({ rules }) => stateOf(rules, fill))) {
          const next = bounded(wanted, last);
          const was = new Set(reach(last));
          expect(reach(next).filter((flow) => !was.has(flow))).toEqual([]);
          last = next;
        }
      }),
      runs,
    );
  });

  it('a rule whose destination or ports change leads to all that both have, and its pods come and go', () => {
    const edits: fc.Arbitrary<Edit> = fc.record({
      to: fc.subarray(['203.0.113.0/24', '203.0.113.0/25', '198.51.100.0/24', '2001:db8:f::/48'], { minLength: 1 }),
      ports: fc.constantFrom([], [{ port: 443, protocol: 'TCP' } as const]),
      members: fc.subarray(['10.0.0.1', '10.0.0.2', '2001:db8::1']),
    });
    const stateFor = ({ members, ...rule }: Edit): DesiredState =>
      stateOf([aRule({ ...rule, sources: ['a00000000001'] })], new Map([['a00000000001', members]]));
    fc.assert(
      fc.property(edits, edits, (from, to) => {
        const [before, wanted] = [stateFor(from), stateFor(to)];
        const was = new Set(reach(withGroupsOf(wanted, before)));
        expect(reach(bounded(wanted, before))).toEqual(reach(wanted).filter((flow) => was.has(flow)));
      }),
      runs,
    );
  });
});
