import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What is assumed of a BIG-IP with AFM before it is probed. */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['source', 'destination'],
  emptyGroup: 'any',
  memberUpdates: 'replace',
  lock: 'none',
  domainNames: 'exact',
  transactions: true,
  maxMembersPerGroup: 256,
  maxObjects: {},
  serialised: 'target',
  settleSeconds: 10,
  choices: {},
};
