import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What a mesh can be taken for before anybody asked it. */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: [],
  emptyGroup: 'nothing',
  memberUpdates: 'inline',
  lock: 'none',
  ipv6: true,
  domainNames: 'wildcard',
  transactions: false,
  maxMembersPerGroup: Number.MAX_SAFE_INTEGER,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 5,
  hitCounters: false,
  expiry: false,
  choices: {},
};
