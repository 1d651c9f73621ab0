import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import { listOf, mapOf, numberOf, textsOf } from './fields.ts';
import { marks, type MeshObject } from './mesh-object.ts';
import { kinds, routeKinds } from './kinds.ts';
import { inwardName, seenName } from './names.ts';

type ChangeOrder = Pick<Resource, 'refs' | 'effect' | 'decides' | 'leads' | 'desiredId'>;

/*
 * What an object does, and what it needs: out of this the planner makes an order in which nothing is open on the way.
 *
 *   grant    DestinationRule, Gateway, VirtualService, then AuthorizationPolicy, at last ServiceEntry
 *   revoke   AuthorizationPolicy, ServiceEntry, and the rest when the host is no longer visible
 *
 * A ServiceEntry that is seen without its VirtualService leads past the gateway, and one that is seen without its
 * policies at a waypoint without one would open the waypoint to all.
 */

export function changeOrderOf(object: MeshObject): ChangeOrder {
  switch (object.kind) {
    case kinds.authorizationPolicy.kind:
      return object.metadata.labels?.[marks.role] === undefined ? permission(object) : floor;
    case kinds.serviceEntry.kind:
      return way(object);
    case routeKinds.httpRoute.kind:
    case routeKinds.tlsRoute.kind:
    case routeKinds.tcpRoute.kind:
      return { refs: needsOf(object), effect: 'None' };
    case kinds.virtualService.kind:
      return { refs: [beside(object, kinds.destinationRule), beside(object, kinds.gateway)], effect: 'None' };
    case kinds.sidecar.kind:
      return floor;
    default:
      return { refs: [], effect: 'None' };
  }
}

const floor: ChangeOrder = { refs: [], effect: 'Deny', decides: true };

/** It is in force only where it is led to, though it is written before that. */
function permission({ metadata, spec }: MeshObject): ChangeOrder {
  const rules = metadata.annotations?.[marks.rules]?.split(',') ?? [];
  const name = `${metadata.namespace}/${metadata.labels?.[marks.destination] ?? ''}`;
  const entries = [name, seenName(name)].map((entry) => ({ kind: kinds.serviceEntry.kind, name: entry }));
  const ways = spec['targetRefs'] === undefined ? [{ kind: kinds.virtualService.kind, name }, ...entries] : entries;
  const [only = '', ...more] = rules;
  return {
    refs: ways,
    effect: 'Accept',
    decides: true,
    leads: true,
    ...(only !== '' && more.length === 0 && { desiredId: only }),
  };
}

/** At a waypoint it leads to what denies; elsewhere it leads out. */
function way(object: MeshObject): ChangeOrder {
  const upstream = originates(object.spec) ? [beside(object, kinds.destinationRule, '-up')] : [];
  const { labels = {} } = object.metadata;
  if (labels[marks.waypoint] !== undefined || labels[marks.role] === 'parent')
    return { refs: upstream, effect: 'None' };
  if (labels[marks.destination] !== undefined) return { refs: seenNeeds(object), effect: 'Accept', decides: true };
  const routed = textsOf(object.spec['exportTo']).includes('.') ? [beside(object, kinds.virtualService)] : [];
  return { refs: [...routed, ...upstream], effect: 'Accept', decides: true };
}

/** Of a route of the Gateway API: what it leads to, and what it is for. */
function needsOf({ metadata: { namespace, labels } }: MeshObject): readonly ResourceKey[] {
  const name = `${namespace}/${labels?.[marks.destination] ?? ''}`;
  const needed = [
    routeKinds.service.kind,
    routeKinds.gateway.resource,
    kinds.destinationRule.kind,
    kinds.serviceEntry.kind,
  ];
  return needed.map((kind) => ({ kind, name }));
}

/** Of the entry that clients see: the routes that take them to the gateway. */
function seenNeeds({ metadata: { namespace, labels }, spec }: MeshObject): readonly ResourceKey[] {
  const destination = labels?.[marks.destination] ?? '';
  return listOf(spec['ports']).flatMap((port) => {
    const name = `${namespace}/${inwardName(destination, numberOf(mapOf(port)['number']))}`;
    return [routeKinds.httpRoute, routeKinds.tlsRoute, routeKinds.tcpRoute].map(({ kind }) => ({ kind, name }));
  });
}

/** Such ports, and no others, say where they lead. */
function originates(spec: JsonObject): boolean {
  return listOf(spec['ports']).some((port) => mapOf(port)['targetPort'] !== undefined);
}

function beside(
  { metadata: { namespace, name } }: MeshObject,
  { kind }: { readonly kind: string },
  suffix = '',
): ResourceKey {
  return { kind, name: `${namespace}/${name}${suffix}` };
}
