import type { Adapter } from '../../src/adapter/adapter.ts';
import { batchObjects } from '../../kit/kubernetes/batch.ts';
import { asObject } from '../../kit/kubernetes/whole.ts';
import { syntheticObjects } from './synthetic-objects.ts';
import { istioConfigSchema, type IstioConfig } from './config.ts';
import { meshCapabilities } from './mesh-facts.ts';
import { lower } from './lower/lower.ts';
import { contentOf } from './objects/resource.ts';
import { kindsOf } from './objects/kinds.ts';
import { settingsName } from './objects/names.ts';
import { renderYaml } from './render.ts';

/** Istio 1.22 and later, as objects in the cluster: through egress gateways, through a waypoint, or straight out. */
export const istio: Adapter<IstioConfig> = {
  kind: 'istio',
  config: istioConfigSchema,
  sees: 'Identity',
  capabilities: meshCapabilities,
  lower,
  // One request per object, side by side where they do not need each other.
  batch: batchObjects,
  formats: { yaml: renderYaml },
  inMesh: {
    objects: (resources) => resources.map((resource) => asObject(resource, { kinds: kindsOf(), toObject: contentOf })),
    syntheticObjects,
    plane: ({ plane }) => ({
      mode: plane === 'ambient' ? 'ambient' : 'sidecar',
      grain: plane === 'direct' ? 'namespace' : 'identity',
    }),
    settings: settingsName,
    mesh: ({ istioVersion: version, waypoint, ...config }) => ({
      trustDomain: config.trustDomain,
      rootNamespace: config.rootNamespace,
      clusterDomain: config.clusterDomain,
      version,
      dnsCapture: config.dnsCapture,
      wildcardTlsAtWaypoints: waypoint.wildcardTls,
    }),
  },
  // What speaks to the cluster is loaded when there is one to speak to: `plan` on files needs none of it.
  connect: async (config, deps) => (await import('./session/session.ts')).openSession(config, deps),
};
