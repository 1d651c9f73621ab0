import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What any kind of object in a cluster can do; an adapter says what its own can do beside it. */
export const objectCapabilities: Capabilities = {
  version: '',
  groupsAs: [],
  emptyGroup: 'nothing',
  memberUpdates: 'inline',
  lock: 'none',
  domainNames: 'none',
  transactions: false,
  maxMembersPerGroup: Number.MAX_SAFE_INTEGER,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 1,
  choices: {},
};
