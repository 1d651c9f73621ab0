import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { kinds } from './objects/names.ts';

/** What Azure Firewall is by its documentation ("Azure subscription limits", "IP Groups", "Known issues"). */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['source', 'destination'],
  emptyGroup: 'rule-skipped',
  memberUpdates: 'replace',
  lock: 'none',
  domainNames: 'wildcard',
  transactions: true,
  maxMembersPerGroup: 5_000,
  maxObjects: { [kinds.group]: 600 },
  serialised: 'target',
  settleSeconds: 240,
  choices: {},
};
