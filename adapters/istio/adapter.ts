import type { Adapter } from '../../src/adapter/adapter.ts';
import { asObject } from '../../kit/kubernetes/whole.ts';
import { assumed } from './assumed.ts';
import { batch } from './batch.ts';
import { istioConfigSchema, type IstioConfig } from './config.ts';
import { lower } from './lower/lower.ts';
import { contentOf } from './native.ts';
import { kinds, settingsName } from './names.ts';
import { renderYaml } from './render.ts';
import { unprobed } from './unprobed.ts';

/** Istio 1.22 and later, as objects in the cluster: through egress gateways, through a waypoint, or straight out. */
export const istio: Adapter<IstioConfig> = {
  kind: 'istio',
  config: istioConfigSchema,
  sees: 'Identity',
  capabilities: unprobed,
  lower,
  batch,
  formats: { yaml: renderYaml },
  inMesh: {
    objects: (resources) =>
      resources.map((resource) => asObject(resource, { kinds: Object.values(kinds), toObject: contentOf })),
    assumed,
    plane: ({ plane }) => ({
      mode: plane === 'ambient' ? 'ambient' : 'sidecar',
      grain: plane === 'direct' ? 'namespace' : 'identity',
    }),
    settings: settingsName,
  },
  // What speaks to the cluster is loaded when there is one to speak to: `plan` on files needs none of it.
  connect: async (config, deps) => (await import('./session.ts')).openSession(config, deps),
};
