import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { GatewayRef } from '../../config.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import type { Access } from '../access.ts';
import type { Context } from '../context.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';

/** One destination at the gateway it leads through. */
export interface Route {
  readonly access: Access;
  readonly gateway: GatewayRef;
  readonly context: Context;
  /** Of all its objects. */
  readonly name: string;
  /** Of the hop to the gateway. */
  readonly sni: string;
  readonly ports: readonly EgressPort[];
}

interface Details {
  /** Behind the name of the destination. */
  readonly suffix?: string;
  readonly labels?: MeshObject['metadata']['labels'];
  readonly annotations?: MeshObject['metadata']['annotations'];
}

/** One of the objects of a destination. */
export function objectOf(
  { name, gateway, access }: Route,
  { kind }: { readonly kind: string },
  spec: JsonObject,
  { suffix = '', labels, annotations = {} }: Details = {},
): MeshObject {
  const metadata = {
    name: `${name}${suffix}`,
    namespace: gateway.namespace,
    ...(labels && { labels }),
    annotations: { [marks.host]: access.destination.host, ...annotations },
  };
  return { kind, metadata, spec };
}

/** The port on the pods of the gateway. */
export function podPortOf({ context, gateway }: Route, { port }: EgressPort): number {
  return context.facts.podPort(gateway, port) ?? port;
}
