import { parseAddress, type Address } from '../../../net/address.ts';
import { containsCidr, type Cidr } from '../../../net/cidr.ts';
import { networksOf } from '../../values/networks.ts';
import { byAge } from './age.ts';
import { readEndpoints, type Endpoint, type Endpoints } from './endpoints.ts';
import { HostIndex } from './host.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { Service } from '../objects/cluster.ts';
import type { MeshConfig } from '../objects/config.ts';
import type { ServiceEntry } from '../objects/traffic.ts';

/** How a sidecar finds the service that a connection belongs to: by Host header, by SNI, by address, or by looking. */
export type PortProtocol = 'HTTP' | 'TLS' | 'TCP' | 'UDP' | 'AUTO';

export interface RegistryPort {
  readonly number: number;
  readonly name: string;
  /** Undefined: a named port that only the pods know, or with resolution NONE the one that the connection was going to. */
  readonly target: number | undefined;
  readonly protocol: PortProtocol;
}

/** One host that proxies know, from a ServiceEntry or a Service. */
export interface RegistryService {
  readonly id: string;
  /** As istiod ranks it: that of a Service, of a ServiceEntry its host. */
  readonly name: string;
  readonly host: string;
  /** The host as it is written: proxies do not know that `API.test` and `api.test` are one. */
  readonly spelled: string;
  readonly namespace: string;
  readonly created: string;
  readonly exportTo: readonly string[];
  readonly ports: readonly RegistryPort[];
  readonly addresses: readonly Cidr[];
  readonly resolution: string;
  /** Leaves the cluster: a ServiceEntry, or a Service of type ExternalName or without selector. */
  readonly external: boolean;
  /** A Service without an address of its own: of what goes to its HTTP ports sidecars keep the address. */
  readonly headless: boolean;
  readonly entry: ServiceEntry | undefined;
  readonly service: Service | undefined;
  /** Where it leads by itself; empty: to its host, or for a Service to its pods. */
  readonly endpoints: readonly Endpoint[];
}

export interface Registry {
  readonly services: readonly RegistryService[];
  readonly byHost: HostIndex<RegistryService>;
  /** Services that are known by their addresses or, with an opaque port, by having none, by the number of the port. */
  readonly byAddress: ReadonlyMap<number, readonly RegistryService[]>;
  /** Services that others have put addresses behind. */
  readonly leadingOutside: readonly RegistryService[];
  /** Services with one host that is spelled in several ways. */
  readonly spelledTwice: readonly (readonly RegistryService[])[];
}

export function readRegistry(snapshot: MeshSnapshot): Registry {
  const { config } = snapshot;
  const endpoints = readEndpoints(snapshot);
  const services = [
    ...snapshot.services.map((service) => fromService(service, config, endpoints.ofService(service))),
    ...snapshot.serviceEntries.flatMap((entry) => fromEntry(entry, config, endpoints)),
  ].sort(byAge);
  const byAddress = new Map<number, RegistryService[]>();
  for (const service of services) {
    for (const { number, protocol } of service.ports) {
      const isOpaque = protocol === 'TCP' || protocol === 'AUTO';
      if (!isOpaque && (protocol === 'UDP' || service.addresses.length === 0)) continue;
      const found = byAddress.get(number);
      if (found) found.push(service);
      else byAddress.set(number, [service]);
    }
  }
  const byHost = new HostIndex(services, ({ host }) => [host]);
  const respelled = new Set(services.flatMap(({ host, spelled }) => (spelled === host ? [] : [host])));
  return {
    services,
    byHost,
    byAddress,
    leadingOutside: services.filter(({ endpoints }) => endpoints.length > 0),
    spelledTwice: [...respelled].map((host) => byHost.exactly(host)),
  };
}

export function isExported(exportTo: readonly string[], owner: string, namespace: string): boolean {
  return exportTo.some((to) => to === '*' || to === namespace || (to === '.' && owner === namespace));
}

export function portOf(service: RegistryService, number: number): RegistryPort | undefined {
  return service.ports.find((port) => port.number === number);
}

/** The longest prefix of its addresses that holds this one; -1: none. */
export function addressFit(service: RegistryService, address: Address): number {
  return service.addresses.reduce(
    (best, network) => (containsCidr(network, address) ? Math.max(best, network.prefix) : best),
    -1,
  );
}

/** A destination's host in full: a single label is a Service of the namespace of the object that names it. */
export function fullHost(host: string, namespace: string, { domainSuffix }: MeshConfig): string {
  return host.includes('.') || host === '*' ? host : `${host}.${namespace}.svc.${domainSuffix}`;
}

function fromEntry(entry: ServiceEntry, config: MeshConfig, { ofEntry }: Endpoints): readonly RegistryService[] {
  const { resolution = 'NONE' } = entry;
  const ports = entry.ports.map(({ number, targetPort, protocol, name }) => ({
    number,
    name: name ?? '',
    target: targetPort ?? (resolution === 'NONE' ? undefined : number),
    protocol: protocolOf(protocol ?? prefixOf(name)),
  }));
  return entry.hosts.map((host, at) => ({
    id: entry.id,
    name: host,
    host,
    spelled: entry.spelled[at] ?? host,
    namespace: entry.namespace,
    created: entry.created,
    exportTo: entry.exportTo.length === 0 ? config.defaultServiceExportTo : entry.exportTo,
    ports,
    addresses: networksOf(entry.addresses),
    resolution,
    external: true,
    headless: false,
    entry,
    service: undefined,
    endpoints: ofEntry(entry, host),
  }));
}

function fromService(service: Service, config: MeshConfig, endpoints: readonly Endpoint[]): RegistryService {
  const annotation = service.annotations['networking.istio.io/exportTo'];
  const ports = service.ports.map(({ port, targetPort, protocol, appProtocol, name }) => ({
    number: port,
    name: name ?? '',
    target: typeof targetPort === 'string' ? undefined : (targetPort ?? port),
    protocol: protocol === 'UDP' ? ('UDP' as const) : protocolOf((appProtocol ?? prefixOf(name))?.toUpperCase()),
  }));
  const isAlias = service.type === 'ExternalName';
  const host = `${service.name}.${service.namespace}.svc.${config.domainSuffix}`;
  return {
    id: service.id,
    name: service.name,
    host,
    spelled: host,
    namespace: service.namespace,
    created: service.created,
    exportTo: annotation === undefined ? config.defaultServiceExportTo : annotation.split(',').map((to) => to.trim()),
    ports,
    addresses: parseAddress(service.clusterIP ?? '') ? networksOf([service.clusterIP ?? '']) : [],
    resolution: isAlias ? 'DNS' : 'STATIC',
    external: isAlias || Object.keys(service.selector).length === 0,
    headless: service.clusterIP === 'None',
    entry: undefined,
    service,
    endpoints,
  };
}

function prefixOf(name: string | undefined): string | undefined {
  return name?.split('-')[0]?.toUpperCase();
}

const protocols: Readonly<Record<string, PortProtocol>> = {
  HTTP: 'HTTP',
  HTTP2: 'HTTP',
  GRPC: 'HTTP',
  'GRPC-WEB': 'HTTP',
  HTTP_PROXY: 'HTTP',
  HTTPS: 'TLS',
  TLS: 'TLS',
  TCP: 'TCP',
  MONGO: 'TCP',
  REDIS: 'TCP',
  MYSQL: 'TCP',
  UDP: 'UDP',
};

function protocolOf(protocol: string | undefined): PortProtocol {
  return protocols[protocol ?? ''] ?? 'AUTO';
}

/** A service as policies name what they are about. */
export function targetOf({ entry, service, namespace }: RegistryService): {
  readonly kind: 'ServiceEntry' | 'Service';
  readonly namespace: string;
  readonly name: string;
} {
  return { kind: entry ? 'ServiceEntry' : 'Service', namespace, name: (entry ?? service)?.name ?? '' };
}
