import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { GatewayRef } from '../config.ts';
import { portName } from '../exported.ts';
import { destinationName } from '../identity.ts';
import { kinds } from '../names.ts';
import { marks, type MeshObject } from '../mesh-object.ts';
import type { Door } from './doors.ts';
import { entryPort, serviceEntry, type Entry } from './entry.ts';
import type { Granted } from './granted.ts';
import type { Place } from './place.ts';
import { policies } from './policy.ts';
import type { Scope } from './scope.ts';

/**
 * The way of one destination through an egress gateway: the client's sidecar sends it there in mutual TLS whose SNI is
 * the host, whatever it carries; the gateway decides by identity and SNI, and sends it on.
 * https://istio.io/latest/docs/tasks/traffic-management/egress/egress-gateway/
 */
export function throughGateway(granted: Granted, gateway: GatewayRef, scope: Scope): readonly MeshObject[] {
  const { place, doors } = granted;
  const name = destinationName(scope.owner, place.host, gateway);
  const way: Way = { granted, gateway, scope, name, sni: sniOf(place, name) };
  const originated = doors.filter(({ door }) => door.originate).map(({ door }) => door);
  return [
    toGateway(way),
    ...(originated.length > 0 ? [originating(way, originated)] : []),
    listening(way),
    routing(way),
    ...entries(way),
    ...policies(granted, way.sni, {
      name,
      namespace: gateway.namespace,
      target: { selector: { matchLabels: gateway.selector } },
      portOf: (door) => scope.facts.podPort(gateway, door.port) ?? door.port,
      scope,
    }),
  ];
}

interface Way {
  readonly granted: Granted;
  readonly gateway: GatewayRef;
  readonly scope: Scope;
  readonly name: string;
  /** Of the hop to the gateway. */
  readonly sni: string;
}

/** An SNI cannot be a wildcard. */
function sniOf({ host }: Place, name: string): string {
  return host.startsWith('*.') ? `${name}.wildcard.postern.internal` : host;
}

function objectOf({ name, gateway, granted }: Way, kind: string, spec: JsonObject, suffix = ''): MeshObject {
  return {
    kind,
    metadata: {
      name: `${name}${suffix}`,
      namespace: gateway.namespace,
      annotations: { [marks.host]: granted.place.host },
    },
    spec,
  };
}

function portsOf({ granted }: Way): readonly Door[] {
  return granted.doors.map(({ door }) => door);
}

function serviceOf({ gateway, scope }: Way): string {
  return `${gateway.service}.${gateway.namespace}.svc.${scope.config.clusterDomain}`;
}

/** Exported to all, as are the others for the same Service: else they would not be merged. */
function toGateway(way: Way): MeshObject {
  const portLevelSettings = portsOf(way).map(({ port }) => ({
    port: { number: port },
    tls: { mode: 'ISTIO_MUTUAL', sni: way.sni },
  }));
  const subsets = [{ name: way.name, trafficPolicy: { portLevelSettings } }];
  return objectOf(way, kinds.destinationRule.kind, { host: serviceOf(way), exportTo: ['*'], subsets });
}

/** Only for the gateway: with it, a client would speak TLS within TLS. */
function originating(way: Way, doors: readonly Door[]): MeshObject {
  const { host } = way.granted.place;
  const { clientCertificates } = way.scope.config;
  const shown = Object.hasOwn(clientCertificates, host) ? clientCertificates[host] : undefined;
  const named = { sni: host, subjectAltNames: [host] };
  const tls =
    shown === undefined
      ? { mode: 'SIMPLE', ...named, caCertificates: 'system' }
      : { mode: 'MUTUAL', credentialName: shown, ...named };
  const portLevelSettings = doors.map(({ port }) => ({ port: { number: port }, tls }));
  return objectOf(
    way,
    kinds.destinationRule.kind,
    { host, exportTo: ['.'], trafficPolicy: { portLevelSettings } },
    '-up',
  );
}

function listening(way: Way): MeshObject {
  const servers = portsOf(way).map(({ port, protocol }) => {
    const spoken = protocol === 'HTTP' ? 'HTTPS' : 'TLS';
    return {
      port: { number: port, name: portName(spoken, port), protocol: spoken },
      hosts: [`${way.gateway.namespace}/${way.sni}`],
      tls: { mode: 'ISTIO_MUTUAL' },
    };
  });
  return objectOf(way, kinds.gateway.kind, { selector: way.gateway.selector, servers });
}

/**
 * Two halves: from the client to the gateway by what the client says, and out of the gateway, which has taken off the
 * mutual TLS. Nothing here looks at the source: who did not match would go straight to the host.
 */
function routing(way: Way): MeshObject {
  const { place, namespaces } = way.granted;
  const atGateway = `${way.gateway.namespace}/${way.name}`;
  const inwards = (port: number): Json => [
    { destination: { host: serviceOf(way), subset: way.name, port: { number: port } } },
  ];
  const outwards = (port: number): Json => [
    { destination: { host: place.canonicalHost ?? place.host, port: { number: port } } },
  ];
  const at = (gateway: string, port: number): JsonObject => ({ gateways: [gateway], port });
  const doors = portsOf(way);
  const by = (protocol: Door['protocol']): readonly Door[] => doors.filter((door) => door.protocol === protocol);
  const http = by('HTTP').flatMap(({ port }) => [
    { match: [at('mesh', port)], route: inwards(port) },
    { match: [at(atGateway, port)], route: outwards(port) },
  ]);
  const tls = by('TLS').map(({ port }) => ({
    match: [{ ...at('mesh', port), sniHosts: [place.host] }],
    route: inwards(port),
  }));
  const tcp = [
    ...by('TCP').map(({ port }) => ({ match: [at('mesh', port)], route: inwards(port) })),
    ...[...by('TLS'), ...by('TCP')].map(({ port }) => ({ match: [at(atGateway, port)], route: outwards(port) })),
  ];
  return objectOf(way, kinds.virtualService.kind, {
    hosts: way.sni === place.host ? [place.host] : [place.host, way.sni],
    exportTo: ['.', ...namespaces],
    gateways: ['mesh', atGateway],
    ...(http.length > 0 && { http }),
    ...(tls.length > 0 && { tls }),
    ...(tcp.length > 0 && { tcp }),
  });
}

/** For a wildcard two: what the client sees, and the host that serves it, which only the gateway sees. */
function entries(way: Way): readonly MeshObject[] {
  const { place, namespaces, hasUpstream } = way.granted;
  const ports = portsOf(way).map(entryPort);
  const entry = (fields: Pick<Entry, 'name' | 'host' | 'resolution' | 'exportTo'>): MeshObject =>
    serviceEntry({ ...fields, network: place.network, namespace: way.gateway.namespace, ports });
  if (place.canonicalHost === undefined) {
    const resolution = place.network === undefined ? 'DNS' : 'STATIC';
    return [entry({ name: way.name, host: place.host, resolution, exportTo: ['.', ...namespaces] })];
  }
  const seen = entry({ name: way.name, host: place.host, resolution: 'NONE', exportTo: namespaces });
  const upstream = { name: `${way.name}-up`, host: place.canonicalHost, resolution: 'DNS', exportTo: ['.'] };
  return hasUpstream ? [seen] : [seen, entry(upstream)];
}
