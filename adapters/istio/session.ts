import type { AdapterDeps, Session } from '../../src/adapter/adapter.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import { ObjectSession } from '../../src/adapter/kubernetes/session.ts';
import type { KubernetesObject } from '../../src/adapter/kubernetes/objects.ts';
import type { Resource } from '../../src/core/model/resource.ts';
import type { IstioConfig } from './config.ts';
import { mapOf } from './fields.ts';
import { marks } from './mesh-object.ts';
import { live } from './live.ts';
import { contentOf, resourceOf } from './native.ts';
import { kinds } from './names.ts';
import { probe } from './probe.ts';
import { survey } from './survey.ts';

/** @throws AdapterError `unsupported` where there is no cluster to write to */
export function openSession(config: IstioConfig, { kubernetes, owner, point }: AdapterDeps): Session {
  if (kubernetes === undefined) {
    throw new AdapterError(
      'unsupported',
      'A mesh is made of objects in the cluster, and this process has none to write to. Run the worker inside the cluster, or with a kubeconfig.',
    );
  }
  const ownership = { owner, point };
  return new ObjectSession<Resource>({
    ...ownership,
    objects: kubernetes,
    layer: {
      kinds: Object.values(kinds),
      labels: [marks.waypoint],
      toObject: contentOf,
      toResource: readObject,
      probe: (objects) => probe(config, objects),
      survey: (objects, ours) => survey(objects, ours, config, ownership),
      live: (objects) => live(config, objects, ownership),
    },
  });
}

function readObject({ kind, metadata, spec }: KubernetesObject): Resource {
  const { name, namespace = '', labels, annotations } = metadata;
  return resourceOf({
    kind,
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: mapOf(spec),
  });
}
