import type { Adapter } from '../../src/adapter/adapter.ts';
import { objectCapabilities } from '../../kit/kubernetes/capabilities.ts';
import { batchObjects } from '../../kit/kubernetes/batch.ts';
import { connectObjects } from '../../kit/kubernetes/session.ts';
import { asObject, objectsYaml } from '../../kit/kubernetes/whole.ts';
import { networkPolicyConfigSchema, type NetworkPolicyConfig } from './config.ts';
import { layer } from './layer.ts';
import { lower } from './lower.ts';

/** Egress NetworkPolicies, so that pods reach only what is permitted, and no pod bypasses its proxy. */
export const networkPolicy: Adapter<NetworkPolicyConfig> = {
  kind: 'network-policy',
  sees: 'Labels',
  config: networkPolicyConfigSchema,
  capabilities: objectCapabilities,
  lower,
  batch: batchObjects,
  formats: {
    yaml: (desired, context) =>
      objectsYaml(lower(desired, context).resources, layer, { owner: context.owner, point: desired.point }),
  },
  inMesh: {
    objects: (resources) => resources.map((resource) => asObject(resource, layer)),
    plane: () => ({ mode: 'none', grain: 'namespace' }),
    networkPlugin: ({ networkPlugin }) => networkPlugin,
  },
  connect: (_config, deps) => Promise.resolve(connectObjects(layer, deps)),
};
