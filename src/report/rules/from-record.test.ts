import { describe, expect, it } from 'vitest';
import type { BegunRecord } from '../../core/audit/record.ts';
import type { ObjectAt } from '../../core/audit/history.ts';
import type { RecordedState } from '../record/recorded-state.ts';
import { aGroupObject, anObject, aRecord } from '../testing/records.ts';
import { reportOfRecord } from './from-record.ts';

const input = (record: RecordedState) => ({ name: 'edge', record, inMesh: false, remaining: () => NaN });
const entries = (...objects: readonly ObjectAt[]) =>
  reportOfRecord(input(aRecord(objects))).rules.map(({ entry }) => entry);
const neutral = anObject().rule;

it('tells of the point what the record has, and that the rest is not known', () => {
  const record = aRecord([anObject(), aGroupObject(['10.0.0.2', '10.0.0.1'], { title: 'pods of shop' })]);
  expect(reportOfRecord(input(record)).point).toEqual({
    name: 'edge',
    adapter: 'fortigate',
    mode: null,
    version: null,
    inMesh: false,
    defaultAction: null,
    assumes: null,
    rules: 1,
    drift: record.lastRead,
    groups: [{ id: 'g1', title: 'pods of shop', addresses: ['10.0.0.1', '10.0.0.2'], exact: true }],
  });
});

it('does not know the adapter of a point that was never written to', () => {
  expect(reportOfRecord(input(aRecord([], { adapter: '' }))).point.adapter).toBeNull();
});

it('lists rules in the order of the device, and those without a place last, by id', () => {
  const ranks = new Map([
    ['second', 1],
    ['first', 0],
  ]);
  const objects = ['zoo', 'second', 'ark', 'first'].map((id) => anObject({ id, name: `p-${id}` }));
  const record = aRecord(objects, { rankOf: ({ id }) => ranks.get(id) });
  const listed = reportOfRecord(input(record)).rules.map(({ entry: { id, position } }) => [id, position]);
  expect(listed).toEqual([
    ['first', 1],
    ['second', 2],
    ['ark', null],
    ['zoo', null],
  ]);
});

it('makes no rule of groups, and none of objects that several rules share', () => {
  expect(entries(aGroupObject([]), anObject({ id: '', kind: 'address', rule: undefined }))).toEqual([]);
});

it('takes one rule for all of its objects, by the one that was written last', () => {
  const older = anObject({ name: 'p1' });
  const newer = anObject({
    name: 'p2',
    changedAt: '2026-01-05T00:00:00Z',
    rule: neutral && { ...neutral, action: 'Deny' },
  });
  expect(entries(newer, older)).toMatchObject([{ action: 'Deny', deviceRules: ['p1', 'p2'], position: 1 }]);
});

it.each([
  ['any port', []],
  ['TCP 443', [{ protocol: 'TCP', port: 443 }]],
  [
    'TCP 443, UDP 5000-5010',
    [
      { protocol: 'TCP', port: 443 },
      { protocol: 'UDP', port: 5000, endPort: 5010 },
    ],
  ],
])('reads the ports of a record: %s', (ports, expected) => {
  expect(entries(anObject({ rule: neutral && { ...neutral, ports } }))[0]?.ports).toEqual(expected);
});

describe('the addresses of a rule', () => {
  const rule = anObject({ rule: neutral && { ...neutral, sources: ['g1', 'g2'] } });
  const other = (members: readonly string[], exact = true) => aGroupObject(members, { id: 'g2', name: 'g2', exact });

  it('are counted once, whichever groups have them', () => {
    const found = entries(rule, aGroupObject(['10.0.0.1', '10.0.0.2']), other(['10.0.0.2', '10.0.0.3']));
    expect(found[0]?.addresses).toBe(3);
  });

  it('are not known where a group is not on record, or not with all members', () => {
    expect(entries(rule, aGroupObject(['10.0.0.1']))[0]?.addresses).toBeNull();
    expect(entries(rule, aGroupObject(['10.0.0.1']), other([], false))[0]?.addresses).toBeNull();
  });
});

it('names groups by their titles, and by their ids where those are not on record', () => {
  const titled = aGroupObject([], { title: 'pods of shop' });
  const rule = anObject({ rule: neutral && { ...neutral, sources: ['g1', 'g9'] } });
  expect(entries(rule, titled)[0]?.subject).toBe('g9 + pods of shop');
});

it('knows the policy behind a rule, unless it is of a kind that it does not know', () => {
  const from = { kind: 'EgressPolicy', namespace: 'shop', name: 'a', uid: 'u', generation: 2, field: 'spec.to[0]' };
  const changedBy = { manager: 'kubectl', at: '2026-01-01T00:00:00Z' };
  expect(entries(anObject({ policies: [{ ...from, changedBy }] }))[0]).toMatchObject({
    policy: { ...from, tier: null, via: null },
    changedBy,
  });
  expect(entries(anObject({ policies: [{ ...from, kind: 'EgressRule' }] }))[0]?.policy).toBeNull();
  expect(entries(anObject())[0]).toMatchObject({ policy: null, changedBy: null, governance: null });
});

it('does not know whether a rule is in force while a write for it or its group has no outcome', () => {
  const objects = [anObject(), aGroupObject(['10.0.0.1'])];
  const live = (uncertain: readonly Partial<BegunRecord>[]) => {
    const record = aRecord(objects, { uncertain: uncertain as readonly BegunRecord[] });
    return reportOfRecord(input(record)).rules[0]?.entry.live.state;
  };
  expect(live([])).toBe('yes');
  expect(live([{ id: 'other' }])).toBe('yes');
  expect(live([{ id: 'g1' }])).toBe('not known');
});
