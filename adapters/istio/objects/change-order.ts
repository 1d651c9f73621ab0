import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import { listOf, mapOf, textsOf } from './fields.ts';
import { marks, type MeshObject } from './mesh-object.ts';
import { kinds } from './kinds.ts';

type ChangeOrder = Pick<Resource, 'refs' | 'effect' | 'decides' | 'leads' | 'desiredId'>;

/*
 * What an object does, and what it needs: out of this the planner makes an order in which nothing is open on the way.
 *
 *   grant    DestinationRule, Gateway, VirtualService, then AuthorizationPolicy, at last ServiceEntry
 *   revoke   AuthorizationPolicy, ServiceEntry, and when nobody sees it any more the rest
 *
 * A ServiceEntry that is seen without its VirtualService leads past the gateway, and one that is seen without its
 * policies at a waypoint that has none leads to everybody's way out.
 */

export function changeOrderOf(object: MeshObject): ChangeOrder {
  switch (object.kind) {
    case kinds.authorizationPolicy.kind:
      return object.metadata.labels?.[marks.role] === undefined ? permission(object) : floor;
    case kinds.serviceEntry.kind:
      return way(object);
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
  const ways = spec['targetRefs'] === undefined ? [kinds.virtualService, kinds.serviceEntry] : [kinds.serviceEntry];
  const [only = '', ...more] = rules;
  return {
    refs: ways.map(({ kind }) => ({ kind, name })),
    effect: 'Accept',
    decides: true,
    leads: true,
    ...(only !== '' && more.length === 0 && { desiredId: only }),
  };
}

/** At a waypoint it leads to what denies; elsewhere it leads out. */
function way(object: MeshObject): ChangeOrder {
  const upstream = originates(object.spec) ? [beside(object, kinds.destinationRule, '-up')] : [];
  if (object.metadata.labels?.[marks.waypoint] !== undefined) return { refs: upstream, effect: 'None' };
  const routed = textsOf(object.spec['exportTo']).includes('.') ? [beside(object, kinds.virtualService)] : [];
  return { refs: [...routed, ...upstream], effect: 'Accept', decides: true };
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
