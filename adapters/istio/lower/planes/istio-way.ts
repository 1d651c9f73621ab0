import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { kinds } from '../../objects/kinds.ts';
import type { MeshObject } from '../../objects/mesh-object.ts';
import { portName } from '../../objects/visible-ports.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';
import { objectOf, type Route } from './route.ts';
import { entryPort, serviceEntry, type Entry } from './service-entry.ts';

/** The way through a gateway in Istio's own words. https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/ */
export function istioWay(route: Route): readonly MeshObject[] {
  return [mutualTls(route), listener(route), virtualService(route)];
}

function serviceOf({ gateway, context }: Route): string {
  return `${gateway.service}.${gateway.namespace}.svc.${context.config.clusterDomain}`;
}

/** From the client to the gateway. Exported to all, as are the others for the same Service: else they would not be merged. */
function mutualTls(route: Route): MeshObject {
  const tls = { mode: 'ISTIO_MUTUAL', sni: route.sni };
  const portLevelSettings = route.ports.map(({ port }) => ({ port: { number: port }, tls }));
  const subsets = [{ name: route.name, trafficPolicy: { portLevelSettings } }];
  return objectOf(route, kinds.destinationRule, { host: serviceOf(route), exportTo: ['*'], subsets });
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
  return objectOf(route, kinds.gateway, { selector: route.gateway.selector, servers });
}

/**
 * Two halves: from the client to the gateway by what the client says, and out of the gateway, which has taken off the
 * mutual TLS. Nothing here looks at the source: who did not match would go straight to the host.
 */
function virtualService(route: Route): MeshObject {
  const { destination, namespaces } = route.access;
  const atGateway = `${route.gateway.namespace}/${route.name}`;
  const inwards = (port: number): Json => [
    { destination: { host: serviceOf(route), subset: route.name, port: { number: port } } },
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
  return objectOf(route, kinds.virtualService, {
    hosts: [...new Set([destination.host, route.sni])],
    exportTo: ['.', ...namespaces],
    gateways: ['mesh', atGateway],
    ...(http.length > 0 && { http }),
    ...(tls.length > 0 && { tls }),
    ...(tcp.length > 0 && { tcp }),
  });
}

/** For a wildcard two: what the client sees, and the host that serves it, which only the gateway sees. */
export function istioEntries({ access, gateway, name, ports }: Route): readonly MeshObject[] {
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
