import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { GatewayRef } from '../../config.ts';
import { kinds } from '../../objects/kinds.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import { destinationName } from '../../objects/names.ts';
import { portName } from '../../objects/visible-ports.ts';
import type { Access } from '../access.ts';
import type { Context } from '../context.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';
import { authorizationPolicies } from './authorization-policy.ts';
import { entryPort, serviceEntry, type Entry } from './service-entry.ts';

/** One destination at the gateway it leads through. */
interface Route {
  readonly access: Access;
  readonly gateway: GatewayRef;
  readonly context: Context;
  /** Of all its objects. */
  readonly name: string;
  /** Of the hop to the gateway. */
  readonly sni: string;
  readonly ports: readonly EgressPort[];
  /** The Service of the gateway. */
  readonly service: string;
}

/**
 * The way of one destination through an egress gateway: the client's sidecar sends it there in mutual TLS whose SNI is
 * the host, whatever it carries; the gateway decides by identity and SNI, and sends it on.
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/
 */
export function throughGateway(access: Access, gateway: GatewayRef, context: Context): readonly MeshObject[] {
  const { host } = access.destination;
  const { namespace, service, selector } = gateway;
  const name = destinationName(context.owner, host, gateway);
  const route: Route = {
    access,
    gateway,
    context,
    name,
    // An SNI cannot be a wildcard.
    sni: host.startsWith('*.') ? `${name}.wildcard.postern.internal` : host,
    ports: access.ports.map(({ port }) => port),
    service: `${service}.${namespace}.svc.${context.config.clusterDomain}`,
  };
  const originated = route.ports.filter(({ originate }) => originate);
  return [
    mutualTls(route),
    ...(originated.length > 0 ? [tlsOrigination(route, originated)] : []),
    listener(route),
    virtualService(route),
    ...serviceEntries(route),
    ...authorizationPolicies(access, {
      name,
      namespace,
      target: { selector: { matchLabels: selector } },
      sni: route.sni,
      portOf: ({ port }) => context.facts.podPort(gateway, port) ?? port,
      context,
    }),
  ];
}

function objectOf({ name, gateway, access }: Route, kind: string, spec: JsonObject, suffix = ''): MeshObject {
  const annotations = { [marks.host]: access.destination.host };
  return { kind, metadata: { name: `${name}${suffix}`, namespace: gateway.namespace, annotations }, spec };
}

/** From the client to the gateway. Exported to all, as are the others for the same Service: else they would not be merged. */
function mutualTls(route: Route): MeshObject {
  const tls = { mode: 'ISTIO_MUTUAL', sni: route.sni };
  const portLevelSettings = route.ports.map(({ port }) => ({ port: { number: port }, tls }));
  const subsets = [{ name: route.name, trafficPolicy: { portLevelSettings } }];
  return objectOf(route, kinds.destinationRule.kind, { host: route.service, exportTo: ['*'], subsets });
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
  return objectOf(route, kinds.destinationRule.kind, spec, '-up');
}

function listener(route: Route): MeshObject {
  const servers = route.ports.map(({ port, protocol }) => {
    const spoken = protocol === 'HTTP' ? 'HTTPS' : 'TLS';
    return {
      port: { number: port, name: portName(spoken, port), protocol: spoken },
      hosts: [`${route.gateway.namespace}/${route.sni}`],
      tls: { mode: 'ISTIO_MUTUAL' },
    };
  });
  return objectOf(route, kinds.gateway.kind, { selector: route.gateway.selector, servers });
}

/**
 * Two halves: from the client to the gateway by what the client says, and out of the gateway, which has taken off the
 * mutual TLS. Nothing here looks at the source: who did not match would go straight to the host.
 */
function virtualService(route: Route): MeshObject {
  const { destination, namespaces } = route.access;
  const atGateway = `${route.gateway.namespace}/${route.name}`;
  const inwards = (port: number): Json => [
    { destination: { host: route.service, subset: route.name, port: { number: port } } },
  ];
  const outwards = (port: number): Json => [
    { destination: { host: destination.canonicalHost ?? destination.host, port: { number: port } } },
  ];
  const at = (gateway: string, port: number): JsonObject => ({ gateways: [gateway], port });
  const by = (...protocols: readonly EgressPort['protocol'][]): readonly number[] =>
    protocols.flatMap((wanted) => route.ports.flatMap(({ protocol, port }) => (protocol === wanted ? [port] : [])));
  const http = by('HTTP').flatMap((port) => [
    { match: [at('mesh', port)], route: inwards(port) },
    { match: [at(atGateway, port)], route: outwards(port) },
  ]);
  const tls = by('TLS').map((port) => ({
    match: [{ ...at('mesh', port), sniHosts: [destination.host] }],
    route: inwards(port),
  }));
  const tcp = [
    ...by('TCP').map((port) => ({ match: [at('mesh', port)], route: inwards(port) })),
    ...by('TLS', 'TCP').map((port) => ({ match: [at(atGateway, port)], route: outwards(port) })),
  ];
  return objectOf(route, kinds.virtualService.kind, {
    hosts: [...new Set([destination.host, route.sni])],
    exportTo: ['.', ...namespaces],
    gateways: ['mesh', atGateway],
    ...(http.length > 0 && { http }),
    ...(tls.length > 0 && { tls }),
    ...(tcp.length > 0 && { tcp }),
  });
}

/** For a wildcard two: what the client sees, and the host that serves it, which only the gateway sees. */
function serviceEntries({ access, gateway, name, ports }: Route): readonly MeshObject[] {
  const { destination, namespaces, hasUpstream } = access;
  const entry = (fields: Pick<Entry, 'name' | 'host' | 'resolution' | 'exportTo'>): MeshObject =>
    serviceEntry({
      ...fields,
      network: destination.network,
      namespace: gateway.namespace,
      ports: ports.map(entryPort),
    });
  if (destination.canonicalHost === undefined) {
    const resolution = destination.network === undefined ? 'DNS' : 'STATIC';
    return [entry({ name, host: destination.host, resolution, exportTo: ['.', ...namespaces] })];
  }
  const seen = entry({ name, host: destination.host, resolution: 'NONE', exportTo: namespaces });
  const upstream = { name: `${name}-up`, host: destination.canonicalHost, resolution: 'DNS', exportTo: ['.'] };
  return hasUpstream ? [seen] : [seen, entry(upstream)];
}
