import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What a BIG-IP with AFM can be taken for before anybody asked it. */
export const unprobed: Capabilities = {
  version: '',
  emptyGroups: false,
  ipv6: true,
  domainNames: 'exact',
  transactions: true,
  maxMembersPerGroup: 256,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 2,
  hitCounters: true,
  expiry: true,
  choices: {},
};
