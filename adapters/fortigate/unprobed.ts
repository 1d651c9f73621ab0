import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What a FortiGate can be taken for before anybody asked it. */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['source', 'destination'],
  emptyGroup: 'refused',
  memberUpdates: 'delta',
  lock: 'none',
  domainNames: 'wildcard',
  transactions: false,
  maxMembersPerGroup: 300,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 1,
  choices: {},
};
