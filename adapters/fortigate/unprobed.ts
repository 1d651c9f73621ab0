import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What a FortiGate can be taken for before anybody asked it. */
export const unprobed: Capabilities = {
  version: '',
  emptyGroups: false,
  ipv6: true,
  domainNames: 'wildcard',
  transactions: false,
  maxMembersPerGroup: 300,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 2,
  hitCounters: true,
  expiry: true,
  choices: {},
};
