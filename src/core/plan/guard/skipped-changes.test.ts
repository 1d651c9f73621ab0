import { describe, expect, it } from 'vitest';
import type { AddressGroup, DesiredState, Destination, Rule } from '../../model/desired.ts';
import type { Change } from '../../model/plan.ts';
import type { Resource } from '../../model/resource.ts';
import { reachesIn } from './reach.ts';
import { SkippedChanges } from './skipped-changes.ts';

const rule = (name: string, group = `${name}-src`): Resource => ({
  kind: 'rule',
  name,
  spec: {},
  refs: [{ kind: 'group', name: group }],
  effect: name.startsWith('D') ? 'Deny' : 'Accept',
  position: 0,
});
const ruleKey = (name: string): Change['key'] => ({ kind: 'rule', name });
const create = (name: string, after: string | null): Change => ({
  op: 'create',
  phase: name.startsWith('D') ? 'grow' : 'wire',
  key: ruleKey(name),
  after: rule(name),
  place: { after },
});
const update = (name: string): Change => ({
  op: 'update',
  phase: 'wire',
  key: ruleKey(name),
  before: rule(name, 'old'),
  after: rule(name, 'new'),
});
const leadsTo = (before: readonly string[], after: readonly string[]): Change => ({
  op: 'update',
  phase: 'wire',
  key: ruleKey('A'),
  before: { ...rule('A'), spec: { to: before } },
  after: { ...rule('A'), spec: { to: after } },
});
const remove = (name: string): Change => ({ op: 'delete', phase: 'shrink', key: ruleKey(name), before: rule(name) });
const admit = (group: string): Change => ({
  op: 'members',
  phase: 'extend',
  key: { kind: 'group', name: group },
  add: ['10.0.0.1'],
  remove: [],
});

function without(...changes: Change[]): SkippedChanges<Resource> {
  const leftOut = new SkippedChanges();
  for (const change of changes) leftOut.add(change);
  return leftOut;
}

describe('what has to wait', () => {
  it.each<[string, Change, Change, string | undefined]>([
    ['a rule without its group', { ...admit('A-src'), phase: 'grow' }, create('A', null), 'A-src'],
    ['an accepting rule without a denying one', create('D', null), create('A', 'D'), 'D'],
    ['members without a denying rule', create('D', null), admit('x'), 'D'],
    ['members of a rule that was not rewritten', update('A'), admit('old'), 'A'],
    ['members of what it was to be rewritten to', update('A'), admit('new'), 'A'],
    ['not members of another rule', update('A'), admit('x'), undefined],
    ['not members of a rule that was only to lead to more', leadsTo(['a'], ['a', 'b']), admit('A-src'), undefined],
    ['members of a rule that was to lead to less', leadsTo(['a', 'b'], ['a']), admit('A-src'), 'A'],
    ['members of a rule that leads anywhere', leadsTo([], ['a']), admit('A-src'), 'A'],
    ['the end of a denying rule, while an accepting one is as it was', update('A'), remove('D'), 'A'],
    ['not the end of a denying rule, while an accepting one is missing', create('A', null), remove('D'), undefined],
    ['not another accepting rule', create('A', null), create('B', null), undefined],
  ])('%s', (_, missing, change, waitsFor) => {
    expect(without(missing).blockerOf(change)?.name).toBe(waitsFor);
  });

  it('a rule stands where the missing one before it was to stand', () => {
    const leftOut = without(create('B', 'A'), create('C', 'B'));
    expect(leftOut.anchored(create('E', 'C'))).toEqual(create('E', 'A'));
  });

  it('what nothing is missing for stays the same', () => {
    const change = create('B', 'A');
    expect(without(create('C', null)).anchored(change)).toBe(change);
  });
});

describe('what may go on', () => {
  const to = (network: string): Destination => ({ any: false, names: [], networks: [network] });
  const origin = { kind: 'EgressPolicy', name: 'web', uid: '', generation: 1, tier: 'Namespace', field: '' } as const;
  const intent = (id: string, network: string): Rule => ({
    id,
    action: id.startsWith('D') ? 'Deny' : 'Accept',
    sources: [`${id}-src`],
    destination: to(network),
    ports: [],
    log: false,
    origin: { ...origin, namespace: id },
  });
  const group = (id: string, members: readonly string[]): AddressGroup => ({
    id,
    role: id.startsWith('D') ? 'Deny' : 'Accept',
    title: '',
    members,
  });
  const native = ({ id, members }: AddressGroup): Resource => ({
    kind: 'group',
    name: id,
    spec: {},
    members,
    refs: [],
    effect: id.startsWith('D') ? 'Deny' : 'Accept',
    desiredId: id,
  });
  const groups = [
    group('D-src', ['10.0.0.1', '10.0.0.2']),
    group('A-src', ['10.0.0.2']),
    group('B-src', ['10.0.0.9']),
    group('C-src', ['10.0.0.1']),
  ];
  const rules = [
    intent('D', '203.0.113.0/24'),
    intent('A', '203.0.113.7/32'),
    intent('B', '203.0.113.7/32'),
    intent('C', '198.51.100.0/24'),
  ];
  const desired: DesiredState = { point: 'edge', defaultAction: 'Deny', groups, rules };
  const known = groups.map(native);
  const serving = (change: Change): Change => {
    const owned = (object: Resource): Resource => ({ ...object, desiredId: object.name });
    if (change.op === 'create') return { ...change, after: owned(change.after) };
    return change;
  };
  const joins = (id: string, address: string): Change => {
    const after = known.find(({ name }) => name === id);
    const key = { kind: 'group', name: id };
    return { op: 'members', phase: 'extend', key, add: [address], remove: [], ...(after && { after }) };
  };
  const leaves = (id: string, address: string): Change => ({
    ...joins(id, ''),
    op: 'members',
    phase: 'revoke',
    add: [],
    remove: [address],
  });

  it.each<[string, Change, Change, string | undefined]>([
    ['not a rule of the same sources and destination', create('D', null), create('A', null), 'D'],
    ['a rule of other sources', create('D', null), create('B', null), undefined],
    ['a rule to elsewhere', create('D', null), create('C', null), undefined],
    ['not a member that is denied', create('D', null), joins('A-src', '10.0.0.2'), 'D'],
    ['a member that is not denied', create('D', null), joins('B-src', '10.0.0.9'), undefined],
    ['a member that is let in elsewhere', create('D', null), joins('C-src', '10.0.0.1'), undefined],
    [
      'other members of a group that one could not leave',
      leaves('A-src', '10.0.0.2'),
      joins('A-src', '10.0.0.3'),
      undefined,
    ],
    ['not the same member', leaves('A-src', '10.0.0.2'), joins('C-src', '10.0.0.2'), 'A-src'],
    ['not a rule for who could not leave', leaves('A-src', '10.0.0.4'), create('A', null), 'A-src'],
    [
      'not a member for the group of a rule that stays',
      { ...remove('A'), phase: 'revoke' },
      joins('A-src', '10.0.0.3'),
      'A',
    ],
    ['not the end of a denying rule, where nobody knows whom it stopped', update('B'), remove('D'), 'B'],
  ])('%s', (_, missing, change, waitsFor) => {
    const leftOut = new SkippedChanges(reachesIn(desired, known));
    leftOut.add(serving(missing));
    expect(leftOut.blockerOf(serving(change))?.name).toBe(waitsFor);
  });
});
