import type { Capabilities } from '../../src/adapter/capabilities.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { ObjectLayer } from '../../kit/kubernetes/session.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { networkPolicyKind, toObject, toResource } from './native.ts';

export const unprobed: Capabilities = {
  version: '',
  groupsAs: [],
  emptyGroup: 'nothing',
  memberUpdates: 'inline',
  lock: 'none',
  ipv6: true,
  domainNames: 'none',
  transactions: false,
  maxMembersPerGroup: Number.MAX_SAFE_INTEGER,
  maxObjects: {},
  serialised: 'object',
  settleSeconds: 1,
  hitCounters: false,
  expiry: false,
  choices: {},
};

export const layer: ObjectLayer<Resource> = {
  kinds: [networkPolicyKind],
  toObject,
  toResource,
  probe: async (objects) => {
    const missing = await objects.missing(networkPolicyKind, ['get', 'list', 'create', 'patch', 'update', 'delete']);
    if (missing.length === 0) return { ...unprobed, version: networkPolicyKind.versions[0] ?? '' };
    throw new AdapterError('forbidden', `grant ${missing.join(', ')} on networkpolicies.networking.k8s.io`);
  },
};
