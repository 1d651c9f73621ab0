import { parseAddress } from '../../../net/address.ts';
import { appOf, passed, stopped, type Finding, type MeshAnswer, type Trail } from '../answer.ts';
import type { PodEnd } from '../../network/ends/ends.ts';
import type { RouteGateway } from '../objects/cluster.ts';
import { beside } from './side-doors.ts';
import { leaveAsAsked, leaveFor, pastNetwork } from './upstream.ts';
import { preferred } from '../registry/preferred.ts';
import {
  addressFit,
  isExported,
  portOf,
  targetOf,
  type RegistryPort,
  type RegistryService,
} from '../registry/registry.ts';
import { identityOf } from './request.ts';
import { selects } from '../../values/selector.ts';
import type { World } from '../world.ts';
import { byWaypointRoute } from './waypoint-routes.ts';

/*
 * Ambient: ztunnel takes the flow to the waypoint of its service if there is one, and straight out otherwise. It knows
 * neither exportTo nor an outbound traffic policy, and has no routes; waypoints have.
 */

/** The port of waypoints for what ztunnels bring them. */
const hbone = 15008;

export function throughZtunnel(world: World, from: Trail): MeshAnswer {
  const answer = past(world, from);
  return answer.verdict === 'Accept' ? answer : (beside(world, from) ?? answer);
}

function past(world: World, from: Trail): MeshAnswer {
  const found = lookup(world, from);
  if (found === undefined) {
    const unknown = at('', 'no service is about it, and ztunnel lets the unknown pass');
    return leaveAsAsked(world, { ...from, path: 'direct' }, from.pod, unknown);
  }
  const { service, rival } = found;
  const trail = rival === undefined ? from : passed(from, unclear(service, rival));
  const onward: Trail = { ...trail, path: 'direct' };
  if (!service.external) return stopped(trail, at(service.id, 'is inside the cluster'));
  if (isNameless(service)) return leaveAsAsked(world, onward, trail.pod, at(service.id, nameless));
  const bound = waypointOf(world, service);
  if ('waypoint' in bound) return throughWaypoint(world, trail, found, bound.waypoint);
  return leaveFor(world, passed(onward, at(service.id, bound.reason, bound.certain)), trail.pod, {
    ...found,
    layer: 'sidecar',
    carriesTls: appOf(trail.target) === 'tls',
  });
}

/** ztunnels go by addresses: such an entry has none, and is given none for its host, which resolves as ever. */
function isNameless({ entry, addresses, resolution }: RegistryService): boolean {
  return entry !== undefined && addresses.length === 0 && resolution === 'NONE';
}
const nameless =
  'has no addresses and resolution NONE: it is not known to be about it, and ztunnel lets the unknown pass';

/** Each has an address of its own for the host, and which of them a pod is told nobody can say. */
function unclear({ id }: RegistryService, rival: RegistryService): Finding {
  const reason = `has the same host as ${rival.id}, and either one's address may be the one that a pod resolves`;
  return { layer: 'waypoint', object: id, reason, certain: false, doubt: 'object' };
}

function at(object: string, reason: string, certain = true): Finding {
  return { layer: 'waypoint', object, reason, certain };
}

interface Found {
  readonly service: RegistryService;
  readonly port: RegistryPort;
  /** Another entry for the host, in a namespace that comes before that of the service no more than it does after it. */
  readonly rival: RegistryService | undefined;
}

/** By the name that DNS capture gave an address to, else by the longest prefix of the address; of several, the one of the client's own namespace. */
function lookup({ registry, snapshot }: World, { client, target }: Trail): Found | undefined {
  const visible = ({ namespace, entry }: RegistryService): boolean =>
    entry === undefined || snapshot.config.serviceEntryVisibility === 'PUBLIC' || namespace === client.namespace;
  const { host, address, port: number } = target;
  const parsed = address === undefined ? undefined : parseAddress(address);
  const named = host === undefined ? [] : registry.byHost.covering(host);
  const fits =
    parsed === undefined ? [] : registry.services.map((service) => ({ service, fit: addressFit(service, parsed) }));
  const closest = fits.reduce((best, { service, fit }) => (visible(service) ? Math.max(best, fit) : best), -1);
  const addressed = fits.flatMap(({ service, fit }) => (fit === closest && fit >= 0 ? [service] : []));
  for (const group of [...named, addressed]) {
    const told = group.filter(visible);
    const first = preferred(told, client.namespace);
    const rivals = first && first.namespace !== client.namespace && first.entry !== undefined ? told : [];
    for (const service of first === undefined ? [] : [first, ...rivals]) {
      const port = portOf(service, number);
      if (port) return { service, port, rival: rivals.find(({ id }) => id !== service.id) };
    }
  }
  return undefined;
}

type Binding = { readonly waypoint: RouteGateway } | { readonly reason: string; readonly certain: boolean };

/** `istio.io/use-waypoint` on the ServiceEntry, else on its namespace; `none` says that there is to be none. */
function waypointOf({ snapshot }: World, { entry, namespace }: RegistryService): Binding {
  const home = snapshot.namespaces.find(({ name }) => name === namespace)?.labels ?? {};
  const labels = entry?.labels['istio.io/use-waypoint'] === undefined ? home : entry.labels;
  const name = labels['istio.io/use-waypoint'];
  if (name === undefined || name === 'none') {
    return { reason: 'has no waypoint, so that no policy is about it', certain: true };
  }
  const owner = labels['istio.io/use-waypoint-namespace'] ?? namespace;
  const waypoint = snapshot.routeGateways.find((gateway) => gateway.namespace === owner && gateway.name === name);
  if (waypoint === undefined)
    return { reason: `names the waypoint ${owner}/${name}, which is not there`, certain: false };
  if (
    owner !== namespace &&
    (snapshot.config.serviceEntryVisibility === 'NAMESPACE' || !admits(waypoint, namespace, home))
  ) {
    return { reason: `names the waypoint ${waypoint.id}, which does not admit its namespace`, certain: false };
  }
  return { waypoint };
}

/** Gateway API: without a word, only routes of the Gateway's own namespace. */
export function admits(
  { listeners, namespace }: RouteGateway,
  from: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  return listeners.some(({ allowedRoutes }) => {
    const { from: whom = 'Same', selector } = allowedRoutes?.namespaces ?? {};
    if (whom === 'All') return true;
    return whom === 'Selector' ? selector !== undefined && selects(selector, labels) : from === namespace;
  });
}

function throughWaypoint(world: World, from: Trail, found: Found, waypoint: RouteGateway): MeshAnswer {
  const { service, port } = found;
  const trail: Trail = { ...from, path: 'waypoint', gateway: waypoint.id };
  const pods = podsOf(world, waypoint);
  const wire = world.network.connects(trail.pod, pods, { port: hbone, protocol: 'TCP' });
  const network: Finding = { layer: 'network-policy', ...wire, certain: wire.allowed !== 'unknown' };
  if (wire.allowed === 'no') return stopped(trail, network);
  const { client, target } = trail;
  const proxy = { at: 'waypoint', namespace: waypoint.namespace, podLabels: pods.labels } as const;
  const rewriting = world.rewriting({ ...proxy, service: targetOf(service) }, target);
  const entered = passed(passed(trail, network), at(waypoint.id, `is the waypoint of ${service.id}`));
  const arrived = rewriting === undefined ? entered : passed(entered, rewriting);
  const sni = appOf(target) === 'tls' && port.protocol === 'TLS' ? (target.sni ?? target.host) : undefined;
  const request = {
    identity: identityOf(client, world.trustDomains),
    addresses: client.addresses,
    isDirect: false,
    port: port.number,
    sni,
    http: port.protocol === 'HTTP',
    host: target.host,
    method: target.method,
    path: target.path,
  };
  const policies = policiesOf(world, waypoint, service);
  const decision = world.decide(policies, request);
  if (!decision.allowed) return stopped(arrived, decision);
  // Nobody has verified on a live mesh that a waypoint judges the SNI of what it forwards.
  const relies = sni !== undefined && !world.decide(policies, { ...request, sni: undefined }).allowed;
  const reason = relies ? `${decision.reason}, if waypoints know the SNI, which is unverified` : decision.reason;
  const admitted = passed(arrived, { ...decision, reason, certain: decision.certain !== false && !relies });
  // What has endpoints of its own is served them only where it is exported to; names are resolved everywhere.
  if (service.resolution === 'STATIC' && !isExported(service.exportTo, service.namespace, waypoint.namespace)) {
    const reason = `is not exported to ${waypoint.namespace}, so that the waypoint has none of its endpoints`;
    return stopped(admitted, at(service.id, reason));
  }
  const routed = byWaypointRoute(world, admitted, { namespace: waypoint.namespace, pods, service, port });
  return routed ?? onward(world, admitted, pods, found, sni);
}

function policiesOf(
  { authorization }: World,
  waypoint: RouteGateway,
  service: RegistryService,
): ReturnType<World['authorization']['atWaypoint']> {
  return authorization.atWaypoint(waypoint, targetOf(service));
}

function podsOf({ network, snapshot }: World, { namespace, name }: RouteGateway): PodEnd {
  const label = 'gateway.networking.k8s.io/gateway-name';
  const known = snapshot.workloads.find((pod) => pod.namespace === namespace && pod.podLabels[label] === name);
  const { podLabels: labels = { [label]: name }, serviceAccount, hostNetwork, namedPorts } = known ?? {};
  return network.podEnd({ namespace, labels, serviceAccount, hostNetwork, addresses: undefined, namedPorts });
}

/** A waypoint forwards a wildcard to whatever host the SNI or the request names; other services only to their own host. */
function onward(world: World, trail: Trail, from: PodEnd, found: Found, sni: string | undefined): MeshAnswer {
  const { service, port } = found;
  const { target } = trail;
  const carriesTls = appOf(target) === 'tls';
  if (service.resolution !== 'DYNAMIC_DNS') {
    return leaveFor(world, trail, from, { ...found, layer: 'waypoint', carriesTls });
  }
  if (sni === undefined) return leaveFor(world, trail, from, { ...found, layer: 'waypoint', carriesTls });
  const flag = world.snapshot.config.wildcardTlsAtWaypoints;
  const reason = flag
    ? `resolves whatever SNI comes, now ${sni}`
    : 'needs ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS, which is not known to be set';
  const outside = { host: sni, address: '', port: port.target ?? target.port };
  return pastNetwork(world, passed(trail, at(service.id, reason, flag)), from, outside);
}
