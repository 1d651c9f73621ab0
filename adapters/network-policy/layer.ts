import { AdapterError } from '../../src/adapter/errors.ts';
import { objectCapabilities } from '../../kit/kubernetes/capabilities.ts';
import type { ObjectLayer } from '../../kit/kubernetes/object-layer.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import { networkPolicyKind, toObject, toResource } from './native.ts';

export const layer: ObjectLayer<Resource> = {
  kinds: [networkPolicyKind],
  toObject,
  toResource,
  probe: async (objects) => {
    const missing = await objects.missing(networkPolicyKind, ['get', 'list', 'create', 'patch', 'update', 'delete']);
    if (missing.length === 0) return { ...objectCapabilities, version: networkPolicyKind.versions[0] ?? '' };
    throw new AdapterError('forbidden', `grant ${missing.join(', ')} on networkpolicies.networking.k8s.io`);
  },
};
