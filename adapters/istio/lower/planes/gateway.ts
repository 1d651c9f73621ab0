import type { GatewayRef } from '../../config.ts';
import { kinds } from '../../objects/kinds.ts';
import type { MeshObject } from '../../objects/mesh-object.ts';
import { destinationName } from '../../objects/names.ts';
import type { Access } from '../access.ts';
import type { Context } from '../context.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';
import { authorizationPolicies } from './authorization-policy.ts';
import { gatewayApiEntries, gatewayApiWay } from './gateway-api.ts';
import { istioEntries, istioWay } from './istio-way.ts';
import { objectOf, podPortOf, type Route } from './route.ts';

/** In whose words: the way itself, and the entries that clients and the gateway see. */
const ways = {
  Istio: { way: istioWay, entries: istioEntries },
  GatewayAPI: { way: gatewayApiWay, entries: gatewayApiEntries },
} as const;

/**
 * The way of one destination through an egress gateway: the client's sidecar sends it there in mutual TLS whose SNI is
 * the host, whatever it carries; the gateway decides by identity and SNI, and sends it on.
 */
export function throughGateway(access: Access, gateway: GatewayRef, context: Context): readonly MeshObject[] {
  const { host } = access.destination;
  const { namespace, selector } = gateway;
  const { api } = context.config;
  const name = destinationName(context.owner, host, { ...gateway, api });
  const route: Route = {
    access,
    gateway,
    context,
    name,
    // An SNI cannot be a wildcard.
    sni: host.startsWith('*.') ? `${name}.wildcard.postern.internal` : host,
    ports: access.ports.map(({ port }) => port),
  };
  const { way, entries } = ways[api];
  const originated = route.ports.filter(({ originate }) => originate);
  return [
    ...way(route),
    ...(originated.length > 0 ? [tlsOrigination(route, originated)] : []),
    ...entries(route),
    ...authorizationPolicies(access, {
      name,
      namespace,
      target: { selector: { matchLabels: selector } },
      sni: route.sni,
      portOf: (port) => podPortOf(route, port),
      context,
    }),
  ];
}

/** From the gateway outwards. Only for the gateway: with it, a client would speak TLS within TLS. */
function tlsOrigination(route: Route, ports: readonly EgressPort[]): MeshObject {
  const { host } = route.access.destination;
  const { clientCertificates } = route.context.config;
  const secret = Object.hasOwn(clientCertificates, host) ? clientCertificates[host] : undefined;
  const named = { sni: host, subjectAltNames: [host] };
  const tls =
    secret === undefined
      ? { mode: 'SIMPLE', ...named, caCertificates: 'system' }
      : { mode: 'MUTUAL', credentialName: secret, ...named };
  const portLevelSettings = ports.map(({ port }) => ({ port: { number: port }, tls }));
  const spec = { host, exportTo: ['.'], trafficPolicy: { portLevelSettings } };
  return objectOf(route, kinds.destinationRule, spec, { suffix: '-up' });
}
