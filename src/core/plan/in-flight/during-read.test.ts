import { describe, expect, it } from 'vitest';
import type { Change } from '../../model/plan.ts';
import type { Resource } from '../../model/resource.ts';
import { diff } from '../diff.ts';
import { withoutMembers, withMembers } from './during-read.ts';

const group = (name: string, ...members: string[]): Resource => ({
  kind: 'group',
  name,
  spec: {},
  members,
  refs: [],
  effect: 'Accept',
});
const sent = (name: string, { add = [], remove = [] }: { add?: string[]; remove?: string[] }): Change => ({
  op: 'members',
  phase: 'revoke',
  key: { kind: 'group', name },
  add,
  remove,
});
const told = (changes: readonly Change[]): string[] =>
  changes.map((change) =>
    change.op === 'members' ? `${change.key.name} -[${change.remove.join()}] +[${change.add.join()}]` : change.op,
  );

describe('members in flight', () => {
  const desired = [group('a', '10.0.0.1', '10.0.0.2'), group('b', '10.0.0.3')];

  it('are meant to be as they were sent, the last word on each', () => {
    const changes = [sent('a', { remove: ['10.0.0.1'] }), sent('a', { add: ['10.0.0.9', '10.0.0.1'] }), sent('x', {})];
    expect(withMembers(desired, changes)).toEqual([group('a', '10.0.0.1', '10.0.0.2', '10.0.0.9'), desired[1]]);
    expect(withMembers(desired, [])).toBe(desired);
  });

  it('are neither put back nor sent again, whichever of the two the reading shows', () => {
    const changes = [sent('a', { remove: ['10.0.0.1'], add: ['10.0.0.4'] })];
    const wanted = withMembers(desired, changes);
    const before = [group('a', '10.0.0.1', '10.0.0.2'), group('b', '10.0.0.3')];
    const after = [group('a', '10.0.0.2', '10.0.0.4'), group('b', '10.0.0.3')];
    for (const seen of [before, after]) expect(withoutMembers(diff(wanted, seen), changes).changes).toEqual([]);
  });

  it('leave everything else to be compared: other members of the group, the same member elsewhere, other objects', () => {
    const changes = [sent('a', { remove: ['10.0.0.1'] })];
    const seen = [group('a', '10.0.0.1', '10.0.0.66'), group('b', '10.0.0.1', '10.0.0.3'), group('c')];
    expect(told(withoutMembers(diff(withMembers(desired, changes), seen), changes).changes)).toEqual([
      'a -[10.0.0.66] +[]',
      'b -[10.0.0.1] +[]',
      'a -[] +[10.0.0.2]',
      'delete',
    ]);
  });

  it('are in an object that has to be made anew as they were sent', () => {
    const changes = [sent('a', { remove: ['10.0.0.1'] })];
    const [creation] = withoutMembers(diff(withMembers(desired, changes), [group('b', '10.0.0.3')]), changes).changes;
    expect(creation).toMatchObject({ op: 'create', after: { members: ['10.0.0.2'] } });
  });
});
