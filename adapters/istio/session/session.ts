import type { AdapterDeps, Session } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import { ObjectSession } from '../../../kit/kubernetes/session.ts';
import type { KubernetesObject } from '../../../src/adapter/kubernetes-objects.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import type { IstioConfig } from '../config.ts';
import { refusingConflicts } from './refuse-conflicts.ts';
import { mapOf } from '../objects/fields.ts';
import { marks } from '../objects/mesh-object.ts';
import { live } from './live.ts';
import { contentOf, resourceOf } from '../objects/resource.ts';
import { apiGroups, kindsOf, routeKinds } from '../objects/kinds.ts';
import { probe } from './probe.ts';
import { withPropagationDelay } from './propagation.ts';
import { findConflicts, type HostConflict } from './host-conflicts.ts';

/** @throws AdapterError `unsupported` where there is no cluster to write to */
export function openSession(
  config: IstioConfig,
  { kubernetes, owner, point, clock, signal, credentials }: AdapterDeps,
): Session {
  if (kubernetes === undefined) {
    throw new AdapterError(
      'unsupported',
      'A mesh is made of objects in the cluster, and this process has none to write to. Run the worker inside the cluster, or with a kubeconfig.',
    );
  }
  const ownership = { owner, point };
  let conflicts: readonly HostConflict[] = [];
  const session = new ObjectSession<Resource>({
    ...ownership,
    clock,
    objects: kubernetes,
    layer: {
      kinds: kindsOf(config.api),
      labels: [marks.waypoint],
      annotations: [marks.exportTo],
      toObject: contentOf,
      toResource: readObject,
      probe: (objects) => probe(config, objects),
      foreignCollisions: async (objects, ours) => {
        const found = await findConflicts(objects, ours, config, ownership);
        conflicts = found.hosts;
        return found.foreign;
      },
      live: (objects, written) =>
        live(config, objects, written, { ...ownership, clock, signal, ...(credentials && { credentials }) }),
    },
  });
  // A client who goes straight out needs nothing but the ServiceEntry.
  if (config.plane === 'direct') return refusingConflicts(session, () => conflicts);
  return withPropagationDelay(session, clock, config.settleSeconds * 1_000);
}

function readObject({ apiVersion, kind, metadata, spec }: KubernetesObject): Resource {
  const { name, namespace = '', labels, annotations } = metadata;
  const ofGatewayApi = kind === routeKinds.gateway.kind && apiVersion.startsWith(`${apiGroups.gateway}/`);
  return resourceOf({
    kind: ofGatewayApi ? routeKinds.gateway.resource : kind,
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: kind === routeKinds.service.kind ? withoutAllocated(mapOf(spec)) : mapOf(spec),
  });
}

/** A Service without what the API server gives it. */
function withoutAllocated({
  clusterIP: _,
  clusterIPs: __,
  ipFamilies: ___,
  ipFamilyPolicy: ____,
  ...spec
}: JsonObject): JsonObject {
  return spec;
}
