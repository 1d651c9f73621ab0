import { expect, it } from 'vitest';
import type { AddressGroup, DesiredState, GroupSubject, Origin, Rule } from '../core/model/desired.ts';
import { desiredStateSchema } from './desired-schema.ts';

/*
 * Every field that a desired state can have: whoever adds one has to say it here, because a worker that does not know it
 * refuses what was published.
 */

const subject: Required<GroupSubject> = {
  namespaces: ['shop'],
  namespace: 'shop',
  namespaceSelector: {},
  podSelector: { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['a'] }] },
  serviceAccounts: ['shop/builder'],
};
const group: Required<AddressGroup> = {
  id: '00000000000a',
  role: 'Accept',
  title: 'pods',
  members: ['10.0.0.1'],
  subject,
};
const origin: Required<Origin> = {
  kind: 'EgressPolicy',
  namespace: 'shop',
  name: 'pay',
  uid: 'u1',
  generation: 2,
  tier: 'Namespace',
  field: 'spec.to[0]',
  externalService: 'payments',
  via: 'ClusterEgressPolicy/handed-down spec.egress[0]',
  createdAt: '2026-01-01T00:00:00Z',
  changedBy: { manager: 'kubectl', at: '2026-01-31T12:00:00Z' },
  approvedBy: {
    approver: 'alice',
    approval: 'pay-2',
    at: '2026-01-31T13:00:00Z',
    until: '2026-04-30T00:00:00Z',
    breakGlass: true,
  },
};
const rule: Required<Rule> = {
  id: '000000000001',
  action: 'Accept',
  sources: ['00000000000a'],
  destination: { any: false, names: ['example.com'], networks: ['203.0.113.0/24'] },
  ports: [{ port: 443, endPort: 444, protocol: 'TCP', appProtocol: 'https' }],
  originate: true,
  log: true,
  profile: 'strict',
  expiresAt: '2026-12-31T12:00:00Z',
  origin,
};
const everything: Required<DesiredState> = {
  point: 'edge',
  defaultAction: 'Deny',
  groups: [group],
  rules: [rule],
  namespaces: ['shop'],
  withheld: [{ namespace: 'shop', policies: ['no-payments'], members: ['10.0.0.1'] }],
};

it('takes a desired state with every field it can have, as it is', () => {
  expect(desiredStateSchema.parse(JSON.parse(JSON.stringify(everything)))).toEqual(everything);
});

it.each([
  ['the id of a group', { groups: [{ ...group, id: '../../cmdb/system/admin' }] }],
  ['the id of a rule', { rules: [{ ...rule, id: 'r1' }] }],
  ['a member', { groups: [{ ...group, members: ['10.0.0.1\n0.0.0.0/0'] }] }],
  ['a name', { rules: [{ ...rule, destination: { any: false, names: ['a.test; drop'], networks: [] } }] }],
  ['a network', { rules: [{ ...rule, destination: { any: false, names: [], networks: ['all'] } }] }],
])('refuses %s that the compiler never gives', (_, part) => {
  expect(desiredStateSchema.safeParse({ ...everything, ...part }).success).toBe(false);
});

it('refuses what is not known', () => {
  expect(desiredStateSchema.safeParse({ ...everything, surprise: 1 }).success).toBe(false);
});
