import { describe, expect, it } from 'vitest';
import type { AddressGroup } from '../../core/model/desired.ts';
import type { Loss, Resource } from '../../core/model/resource.ts';
import { snapshotAfter } from '../../core/model/snapshot-keeper.ts';
import { changesOf, namespace, pod, point, policy } from '../../core/compile/testing/builders.ts';
import { aDesiredRule, aGroupObject, anObject, aReading, aRecord } from '../testing/records.ts';
import { reportOfIntent, type PointInput } from './from-intent.ts';
import { PolicyCatalogue } from './governance.ts';
import { WorkloadFinder } from './workloads.ts';

const snapshot = snapshotAfter(
  changesOf({
    namespaces: [namespace('shop')],
    pods: [pod('shop/web-1', { workload: 'Deployment/web', addresses: ['10.0.0.1'] })],
    egressPolicies: [policy('shop/a', { to: [], governance: { owner: 'team-a', justification: 'orders' } })],
  }),
);
const catalogue = new PolicyCatalogue(snapshot);
const context = { catalogue, workloads: new WorkloadFinder(snapshot, catalogue), remaining: () => NaN };

const group = (id: string, ...members: readonly string[]): AddressGroup => {
  return { id, role: 'Accept', title: `pods of ${id}`, members };
};
const resource = (fields: Partial<Resource>): Resource => {
  return { kind: 'policy', name: 'p1', spec: {}, refs: [], effect: 'Accept', desiredId: 'r1', ...fields };
};
const lowered = { resources: [resource({ position: 0 })], losses: [] };
const live = aReading();

function report(input: Partial<PointInput>, rule = {}, groups = [group('g1', '10.0.0.1')]) {
  const desired = { point: 'edge', defaultAction: 'Deny', groups, rules: [aDesiredRule(rule)] } as const;
  const nothing = { overGrants: [], assumes: [], inMesh: false, record: undefined, live: undefined };
  return reportOfIntent({ point: point('edge', { mode: 'Enforce' }), desired, lowered, ...nothing, ...input }, context);
}
const first = (...args: Parameters<typeof report>) => report(...args).rules[0]?.entry;

it('tells of the point what it should be, and the version where the device was asked', () => {
  const { point: told } = report({ live });
  expect(told).toMatchObject({ name: 'edge', mode: 'Enforce', version: '7.4', defaultAction: 'Deny', rules: 1 });
  expect(told.groups).toEqual([{ id: 'g1', title: 'pods of g1', addresses: ['10.0.0.1'], exact: true }]);
  expect(report({}).point.version).toBeNull();
});

it('tells of a rule who asked for it, for whom, and why', () => {
  expect(first({})).toMatchObject({
    position: 1,
    subject: 'pods of g1',
    who: [{ namespace: 'shop', workload: 'Deployment/web', serviceAccount: 'default' }],
    addresses: 1,
    policy: { kind: 'EgressPolicy', name: 'a', via: '' },
    governance: { owner: 'team-a', justification: 'orders' },
  });
});

describe('the names of a rule on the device are', () => {
  it('those on record, without what the rule only needs', () => {
    const record = aRecord([
      anObject({ name: 'on-device' }),
      anObject({ name: 'until', kind: 'schedule', rule: undefined }),
    ]);
    expect(first({ record })?.deviceRules).toEqual(['on-device']);
  });

  it('else those that the adapter would give', () => {
    const resources = [resource({ position: 0 }), resource({ kind: 'schedule', name: 'until' })];
    expect(first({ lowered: { resources, losses: [] } })?.deviceRules).toEqual(['p1']);
  });

  it('not known without an adapter', () => {
    expect(first({ lowered: undefined })?.deviceRules).toBeNull();
  });
});

describe('the addresses of a rule', () => {
  it('are counted once, whichever groups have them', () => {
    const groups = [group('g1', '10.0.0.1', '10.0.0.2'), group('g2', '10.0.0.2')];
    expect(first({}, { sources: ['g1', 'g2'] }, groups)?.addresses).toBe(2);
  });

  it('are not known where the point knows labels instead', () => {
    const subject = { namespaces: ['shop'], namespaceSelector: {}, podSelector: {} };
    expect(first({}, {}, [{ ...group('g1'), subject }])?.addresses).toBeNull();
  });
});

it('counts the hits of a rule where the device counts', () => {
  expect(first({ live })?.hits).toBeNull();
  const hits = new Map([['r1', { hits: 7, lastHit: '2026-01-03T00:00:00Z' }]]);
  expect(first({ live: { ...live, hits } })?.hits).toEqual({ count: 7, first: null, last: '2026-01-03T00:00:00Z' });
});

it('takes losses of the rule and of its groups, and what others gain by it', () => {
  const loss = (id: string, code: Loss['code']): Loss => ({ effect: 'narrowed', id, code, message: '' });
  const losses = [loss('r1', 'mesh-udp'), loss('g1', 'ipv4-only'), loss('r2', 'mesh-name')];
  const told = first({ lowered: { ...lowered, losses }, overGrants: [loss('g1', 'over-grant')] });
  expect(told?.losses.map(({ code }) => code)).toEqual(['mesh-udp', 'ipv4-only', 'over-grant']);
});

it('asks the device whether a rule is in force where it was read, and else the record', () => {
  const record = aRecord([anObject(), aGroupObject(['10.0.0.1'])]);
  expect(first({ record })?.live).toEqual({ state: 'yes', reason: 'read back at 2026-01-02T00:00:00Z' });
  expect(first({ record, live: { ...live, differing: new Set(['g1']) } })?.live.state).toBe('no');
  expect(first({ record: aRecord([anObject(), aGroupObject(['10.0.0.9'])]) })?.live.state).toBe('no');
});

describe('a rule that is no longer wanted', () => {
  const left = aRecord([anObject(), anObject({ id: 'old', name: 'p-old' })]);

  it('is listed without a place, and looked at first', () => {
    const [, rule] = report({ record: left }).rules;
    expect(rule?.entry).toMatchObject({ id: 'old', position: null, deviceRules: ['p-old'] });
    expect(rule?.flag({ ...rule.entry, mesh: null })[0]?.code).toBe('not-wanted');
  });

  it('is left out where the device was read and has it no more', () => {
    expect(report({ record: left, live }).rules).toHaveLength(1);
    expect(report({ record: left, live: { ...live, differing: new Set(['old']) } }).rules).toHaveLength(2);
  });

  it('is not said to be out of force because it differs: it does as long as it is there', () => {
    const record = { ...left, differs: () => true };
    const inForce = (fields: Partial<PointInput>): unknown => {
      const [, rule] = report({ record, ...fields }).rules;
      return [
        rule?.entry.live.state,
        rule?.flag({ ...rule.entry, mesh: null }).some(({ code }) => code === 'not-live'),
      ];
    };
    expect(inForce({})).toEqual(['not known', false]);
    expect(inForce({ live: { ...live, differing: new Set(['old']) } })).toEqual(['yes', false]);
  });
});
