import { decide, readAuthorization, type Authorization } from './proxies/authorization.ts';
import { readDestinationRules, type Hop, type HopPolicy } from './registry/destination-rules.ts';
import { HostIndex, hostCovers, hostPatternsOverlap, isPattern } from './registry/host.ts';
import { readBoundRoutes, type BoundRoutes } from './proxies/bound-routes.ts';
import { readRewriting, type Rewriting } from './proxies/rewriting.ts';
import { readGateways, type BoundServer, type GatewayPods } from './proxies/listeners.ts';
import { readNetwork, type Network } from '../network/network.ts';
import { grouped } from '../../core/model/grouped.ts';
import type { MeshSnapshot } from './objects/snapshot.ts';
import type { Service } from './objects/cluster.ts';
import { trustDomainsOf } from './objects/config.ts';
import type { VirtualService } from './objects/traffic.ts';
import type { TriState } from '../values/tri-state.ts';
import { readAllocation } from './registry/allocation.ts';
import { readAsides, type Aside } from './registry/asides.ts';
import { readClaimable, type Claimable } from './registry/claimable.ts';
import { readKeeping, type Keeping } from './registry/kept-addresses.ts';
import { fullHost, isExported, readRegistry, type Registry, type RegistryService } from './registry/registry.ts';
import { byAge } from './registry/age.ts';
import { preferred } from './registry/preferred.ts';
import { gatewaysOf } from './registry/routes.ts';
import { readScopes, type Scope } from './registry/scope.ts';
import type { MeshClient } from './answer.ts';

/** A snapshot with everything found by what it is looked for. */
export interface World {
  readonly snapshot: MeshSnapshot;
  readonly registry: Registry;
  /** Does istiod give addresses to entries that have none, for sidecars that answer names? */
  readonly allocates: TriState;
  readonly scopeOf: (client: Pick<MeshClient, 'namespace' | 'podLabels'>) => Scope;
  /** VirtualServices of sidecars by host, the oldest first. */
  readonly meshRoutes: HostIndex<VirtualService>;
  /** VirtualServices of sidecars with a host in common with this one of the registry, the oldest first. */
  readonly meshRoutesMeeting: (host: string) => readonly VirtualService[];
  /** Those with an SNI that none of their hosts covers, which only a TLSRoute of the Gateway API can have. */
  readonly strayRoutes: readonly VirtualService[];
  /** Those that take TLS by the address that it goes to. */
  readonly routesByAddress: readonly VirtualService[];
  /** Where objects have proxies go besides what they are asked for, by host. */
  readonly asides: ReadonlyMap<string, readonly Aside[]>;
  /** VirtualServices of a Gateway, `ns/name`, the oldest first. */
  readonly routesOfGateway: ReadonlyMap<string, readonly VirtualService[]>;
  readonly routesAt: (bound: BoundServer, pods: GatewayPods) => BoundRoutes;
  readonly policyOf: (hop: Hop) => HopPolicy;
  /** Ports under whose names sidecars go to any address, by the port on which they leave. */
  readonly claimable: ReadonlyMap<number, readonly Claimable[]>;
  /** Services under whose names some sidecars go to any address. */
  readonly keeping: readonly Keeping[];
  readonly podsOf: (service: Service) => readonly GatewayPods[];
  readonly authorization: Authorization;
  /** What AuthorizationPolicies say of a request: nothing else goes by the ServiceAccount of a client. */
  readonly decide: typeof decide;
  /** Of every identity, and what policies may call it instead. */
  readonly trustDomains: readonly string[];
  readonly network: Network;
  readonly rewriting: Rewriting;
}

export function prepare(snapshot: MeshSnapshot, network = readNetwork(snapshot.network)): World {
  const { config } = snapshot;
  const services = [...snapshot.virtualServices].sort(byAge);
  const inMesh = services.filter((service) => gatewaysOf(service).includes('mesh'));
  const full = ({ hosts, namespace }: VirtualService): readonly string[] =>
    hosts.map((host) => fullHost(host, namespace, config));
  const routesOfGateway = grouped(
    services.flatMap((service) => [...new Set(gatewaysOf(service))].map((name) => [name, service] as const)),
  );
  const registry = readRegistry(snapshot);
  const authorization = readAuthorization(snapshot);
  const meeting = new Map<string, readonly VirtualService[]>();
  const meshRoutes = new HostIndex(inMesh, full);
  const find = (host: string): readonly VirtualService[] => {
    if (isPattern(host))
      return inMesh.filter((service) => full(service).some((other) => hostPatternsOverlap(other, host)));
    return [...new Set(meshRoutes.covering(host).flat())].sort(byAge);
  };
  const keeping = readKeeping(snapshot, registry.services);
  return {
    snapshot,
    registry,
    allocates: readAllocation(snapshot),
    scopeOf: readScopes(snapshot),
    meshRoutes,
    strayRoutes: inMesh.filter(hasStraySni),
    routesByAddress: inMesh.filter(({ tls }) =>
      tls.some(({ match }) => match.some(({ destinationSubnets }) => destinationSubnets.length > 0)),
    ),
    asides: readAsides(snapshot, registry),
    meshRoutesMeeting: (host) => {
      const found = meeting.get(host) ?? find(host);
      meeting.set(host, found);
      return found;
    },
    routesOfGateway,
    routesAt: readBoundRoutes(config, routesOfGateway),
    policyOf: readDestinationRules(snapshot),
    claimable: readClaimable(registry.services, keeping),
    keeping,
    podsOf: readGateways(snapshot, authorization),
    authorization,
    decide,
    trustDomains: trustDomainsOf(config),
    network,
    rewriting: readRewriting(snapshot),
  };
}

function hasStraySni({ ofRoute, hosts, tls }: VirtualService): boolean {
  const snis = ofRoute ? tls.flatMap(({ match }) => match.flatMap(({ sniHosts }) => sniHosts)) : [];
  return snis.some((sni) => !hosts.some((host) => hostCovers(host, sni)));
}

/** Whose proxy follows a route. */
interface RouteProxy {
  readonly namespace: string;
  readonly proxy: 'sidecar' | 'gateway';
}

/** The service that a route's destination names, as a proxy of the namespace knows it. */
export function destinationOf(
  { registry, snapshot }: World,
  host: string,
  owner: string,
  { namespace, proxy }: RouteProxy,
): RegistryService | undefined {
  const known = registry.byHost.exactly(fullHost(host, owner, snapshot.config));
  const visible = known.filter((service) => isExported(service.exportTo, service.namespace, namespace));
  return preferred(visible, namespace, proxy);
}
