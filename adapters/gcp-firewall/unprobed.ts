import type { Capabilities } from '../../src/adapter/capabilities.ts';

/** What Cloud NGFW is by its documentation ("Quotas and limits", "Firewall policy rules") and by the model of its API. */
export const unprobed: Capabilities = {
  version: '',
  groupsAs: ['destination'],
  emptyGroup: 'any',
  memberUpdates: 'inline',
  lock: 'token',
  domainNames: 'exact',
  transactions: true,
  maxMembersPerGroup: 5_000,
  maxObjects: {},
  serialised: 'target',
  settleSeconds: 30,
  choices: {},
};
