import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What Network Firewall is by its documentation ("Quotas", "Quotas for prefix lists"). */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['source'],
  emptyGroup: 'refused',
  memberUpdates: 'delta',
  lock: 'token',
  domainNames: 'wildcard',
  transactions: true,
  maxMembersPerGroup: 1_000,
  maxObjects: { 'prefix-list': 100, 'rule-group': 20, 'rule-line': 30_000 },
  serialised: 'none',
  membersPerRequest: 100,
  settleSeconds: 10,
  choices: {},
};
