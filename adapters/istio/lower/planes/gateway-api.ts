import type { JsonObject } from '../../../../src/core/model/json.ts';
import { apiGroups, kinds, routeKinds } from '../../objects/kinds.ts';
import { marks, type MeshObject } from '../../objects/mesh-object.ts';
import { inwardName, seenName } from '../../objects/names.ts';
import { portName } from '../../objects/visible-ports.ts';
import type { EgressPort } from '../destinations/egress-ports.ts';
import { resolutionOf } from '../destinations/destination.ts';
import { objectOf, podPortOf, type Route } from './route.ts';
import { entryPort, serviceEntry } from './service-entry.ts';

/*
 * The way through a gateway in the words of the Gateway API. A backend has no subsets, so that a Service for each
 * destination stands for the hop with its SNI; and the entry that routes are for is not the one that clients see, for a
 * route counts from the moment at which its entry is there, and a client that had the entry before would go straight out.
 * Fields that the API server would fill in are written.
 *
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/ (tab Gateway API)
 * https://gateway-api.sigs.k8s.io/reference/spec/
 */

export function gatewayApiWay(route: Route): readonly MeshObject[] {
  return [
    hopService(route),
    hopRule(route),
    listeners(route),
    ...route.ports.flatMap((port) => [inwards(route, port), outwards(route, port)]),
  ];
}

/** The entries that go with it: of the gateway and its routes, and of clients. */
export function gatewayApiEntries(route: Route): readonly MeshObject[] {
  const { access, gateway, name, ports } = route;
  const { destination, namespaces, hasUpstream } = access;
  const { host, network, canonicalHost } = destination;
  const common = { namespace: gateway.namespace, network, ports: ports.map(entryPort) };
  const isWild = canonicalHost !== undefined;
  const resolution = isWild ? 'NONE' : resolutionOf({ host, ...(network !== undefined && { network }) });
  const own = serviceEntry({ ...common, name, host, resolution, exportTo: ['.'], labels: { [marks.role]: 'parent' } });
  const upstream = { name: `${name}-up`, network: undefined, host: canonicalHost ?? host, resolution: 'DNS' };
  const seen = { name: seenName(name), host, resolution: isWild ? 'NONE' : resolution, exportTo: namespaces };
  return [
    own,
    ...(isWild && !hasUpstream ? [serviceEntry({ ...common, ...upstream, exportTo: ['.'] })] : []),
    serviceEntry({ ...common, ...seen, labels: { [marks.destination]: name } }),
  ];
}

function labelsOf({ name }: Route): Readonly<Record<string, string>> {
  return { [marks.destination]: name };
}

function hopService(route: Route): MeshObject {
  const { gateway, ports, access } = route;
  const exportTo = access.namespaces.length > 0 ? access.namespaces.join(',') : '~';
  const spec = {
    type: 'ClusterIP',
    selector: gateway.selector,
    ports: ports.map((port) => ({
      name: portName(port.protocol, port.port),
      protocol: 'TCP',
      port: port.port,
      targetPort: podPortOf(route, port),
    })),
    internalTrafficPolicy: 'Cluster',
    sessionAffinity: 'None',
  };
  return objectOf(route, routeKinds.service, spec, { annotations: { [marks.exportTo]: exportTo } });
}

function hopRule(route: Route): MeshObject {
  const tls = { mode: 'ISTIO_MUTUAL', sni: route.sni };
  return objectOf(route, kinds.destinationRule, { host: hopHost(route), exportTo: ['*'], trafficPolicy: { tls } });
}

function hopHost({ name, gateway, context }: Route): string {
  return `${name}.${gateway.namespace}.svc.${context.config.clusterDomain}`;
}

function listeners(route: Route): MeshObject {
  const spec = {
    gatewayClassName: 'istio',
    addresses: [{ type: 'Hostname', value: hopHost(route) }],
    listeners: route.ports.map(({ port, protocol }) => ({
      name: portName(protocol, port),
      port,
      protocol: protocol === 'HTTP' ? 'HTTPS' : 'TLS',
      hostname: route.sni,
      tls: { mode: 'Terminate', options: { 'gateway.istio.io/tls-terminate-mode': 'ISTIO_MUTUAL' } },
      allowedRoutes: { namespaces: { from: 'Same' } },
    })),
  };
  return objectOf(route, { kind: routeKinds.gateway.resource }, spec);
}

const routeFor = { HTTP: routeKinds.httpRoute, TLS: routeKinds.tlsRoute, TCP: routeKinds.tcpRoute } as const;
const anyPath = { matches: [{ path: { type: 'PathPrefix', value: '/' } }] };

/** From the client to the gateway, by what the client says; of the entry that leads nobody there by itself. */
function inwards(route: Route, { port, protocol }: EgressPort): MeshObject {
  const { name, access } = route;
  const parent = { group: apiGroups.istio, kind: kinds.serviceEntry.kind, name, port };
  const backend = { group: '', kind: 'Service', name, port, weight: 1 };
  const spec = {
    parentRefs: [parent],
    ...(protocol === 'TLS' && { hostnames: [access.destination.host] }),
    rules: [{ backendRefs: [backend], ...(protocol === 'HTTP' && anyPath) }],
  };
  return named(route, routeFor[protocol].kind, inwardName(name, port), spec);
}

/** Out of the gateway, which has taken off the mutual TLS, so that TLS of the application is a stream of bytes. */
function outwards(route: Route, { port, protocol }: EgressPort): MeshObject {
  const { name, access } = route;
  const { host, canonicalHost = host } = access.destination;
  const { kind } = protocol === 'HTTP' ? routeKinds.httpRoute : routeKinds.tcpRoute;
  const parent = { group: apiGroups.gateway, kind: 'Gateway', name, sectionName: portName(protocol, port) };
  const backend = { group: apiGroups.istio, kind: 'Hostname', name: canonicalHost, port, weight: 1 };
  const spec = {
    parentRefs: [parent],
    ...(protocol === 'HTTP' && { hostnames: [host] }),
    rules: [{ backendRefs: [backend], ...(protocol === 'HTTP' && anyPath) }],
  };
  return named(route, kind, `${name}-out-${port}`, spec);
}

function named(route: Route, kind: string, name: string, spec: JsonObject): MeshObject {
  return objectOf({ ...route, name }, { kind }, spec, { labels: labelsOf(route) });
}
