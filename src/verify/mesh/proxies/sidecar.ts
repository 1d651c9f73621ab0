import { appOf, endsAlike, oneOf, passed, stopped, type Finding, type MeshAnswer, type Trail } from '../answer.ts';
import { asToldByPod, differing, maybeAllocated, withDnsCapture } from './dns-capture.ts';
import type { Chosen } from './diversion.ts';
import { throughGateway } from './gateway.ts';
import { isAllocated } from '../registry/allocation.ts';
import { clusterOf, isSeen, lookup, protocolMismatch, type Found } from '../registry/lookup.ts';
import { asAddressed, keeping, keepsAddress } from './kept-address.ts';
import { throughSideDoor } from './side-doors.ts';
import {
  countsFor,
  disputed,
  routeByAddress,
  routesFor,
  strayRoute,
  unclear,
  visibleRoutes,
} from './sidecar-routes.ts';
import type { RouteDestination, VirtualService } from '../objects/traffic.ts';
import { answersItself, renaming } from './requests.ts';
import { leaveAsAsked, leaveFor, tunnelling } from './upstream.ts';
import { portOf } from '../registry/registry.ts';
import { destinationsOf, httpChoices, speaksFor, tcpChoices, tlsChoice, type Vantage } from '../registry/routes.ts';
import type { Scope } from '../registry/scope.ts';
import { destinationOf, type World } from '../world.ts';

/** A flow out of a pod whose sidecar catches all its TCP. Whether it answers names itself, a ProxyConfig may say, of pods that came later. */
export function throughSidecar(mesh: World, from: Trail): MeshAnswer {
  const world = asToldByPod(mesh, from.client.sidecar);
  const { snapshot } = world;
  const by = differing(snapshot, from.client);
  if (by === undefined) return asAllocated(world, from);
  const reason = 'has sidecars answer names themselves, or not, unlike those of the mesh: pods have it that came later';
  return either(from, at(by.id, reason, false), asAllocated, [
    world,
    withDnsCapture(world, !snapshot.config.dnsCapture),
  ]);
}

/** What sidecars that answer names do with entries without addresses goes by the version of istiod, which may not be known. */
function asAllocated(world: World, from: Trail): MeshAnswer {
  const entry = maybeAllocated(world, from);
  if (entry === undefined) return asConfigured(world, from);
  const reason =
    'has an address of its own if istiod gives it one (by itself since 1.25, before where ISTIO_META_DNS_AUTO_ALLOCATE is set), and takes its whole port if not: the version is not known, and the enforcement point may say it';
  const worlds = [
    { ...world, allocates: 'yes' },
    { ...world, allocates: 'no' },
  ] as const;
  return either(from, at(entry.id, reason, false), asConfigured, worlds);
}

/** The answer in both worlds, where they agree; else what either says, in doubt. */
function either(
  from: Trail,
  doubt: Finding,
  judge: (world: World, from: Trail) => MeshAnswer,
  [one, other]: readonly [World, World],
): MeshAnswer {
  const answer = judge(one, from);
  if (endsAlike(answer, judge(other, from))) return answer;
  const doubted = passed(from, { ...doubt, doubt: 'object' });
  return oneOf([judge(one, doubted), judge(other, doubted)]);
}

function asConfigured(world: World, from: Trail): MeshAnswer {
  const scope = world.scopeOf(from.client);
  const trail = doubtsAbout(world, scope, from).reduce(passed, from);
  const answer = inListener(world, scope, trail);
  if (answer.verdict === 'Accept') return answer;
  return throughSideDoor(world, scope, trail, (target) => inListener(world, scope, { ...trail, target })) ?? answer;
}

/** What of the sidecar as a whole, or of its listener for the port, nobody can say. */
function doubtsAbout(world: World, scope: Scope, trail: Trail): readonly Finding[] {
  const { client, target } = trail;
  const rewriting = world.rewriting({ at: 'sidecar', ...client }, target);
  const unknown = (object: string, reason: string): Finding => ({ ...at(object, reason, false), doubt: 'object' });
  const ownListener = scope.listenerOf(target.port);
  const byAddress = routeByAddress(world, scope, trail);
  return [
    ...(rewriting === undefined ? [] : [rewriting]),
    ...(scope.rival === undefined ? [] : [unclear(scope.object, `claims the pod, as does ${scope.rival}`)]),
    ...(ownListener === undefined ? [] : [unknown(scope.object, `${ownListener}, which is not modelled`)]),
    ...(byAddress === undefined
      ? []
      : [unknown(byAddress, 'takes TLS by the address that it goes to (destinationSubnets), which is not modelled')]),
  ];
}

function inListener(world: World, scope: Scope, from: Trail, where?: 'elsewhere'): MeshAnswer {
  const broken = misspelled(world, scope, from);
  if (broken !== undefined) return unregistered(world, scope, from, broken);
  const found = lookup(world, scope, from, where);
  if (found === undefined) {
    const stray = strayRoute(world, scope, from);
    if (stray === undefined) return unknownHost(world, scope, from);
    return follow(world, from, stray.service, destinationsOf(stray.route));
  }
  return found.isUnresolved ? atEitherAddress(world, scope, from, found) : takenFor(world, scope, from, found);
}

/** The name may have another address than its entry says, and the sidecar then does not know what the flow is for. */
function atEitherAddress(world: World, scope: Scope, from: Trail, found: Found): MeshAnswer {
  const answers = (trail: Trail): readonly MeshAnswer[] => [
    takenFor(world, scope, trail, found),
    inListener(world, scope, trail, 'elsewhere'),
  ];
  const [there, elsewhere] = answers(from);
  if (there !== undefined && elsewhere !== undefined && endsAlike(there, elsewhere)) return there;
  const reason = 'is known to the sidecar by its addresses alone, and its name may resolve to others';
  return oneOf(answers(passed(from, { ...at(found.service.id, reason, false), doubt: 'names' })));
}

function takenFor(world: World, scope: Scope, from: Trail, found: Found): MeshAnswer {
  const { service, rival, port } = found;
  const doubts = [
    ...(rival === undefined ? [] : [unclear(service.id, `has the host that ${rival.id} has`)]),
    ...(isBySelected(found) ? [{ ...at(service.id, bySelected, false), doubt: 'object' as const }] : []),
  ];
  const trail = doubts.reduce(passed, from);
  if (port.protocol === 'HTTP') return asRequest(world, scope, trail, found);
  return port.protocol === 'TLS' ? bySni(world, scope, trail, found) : asStream(world, scope, trail, found);
}

/** Sidecars then have listeners at the addresses of what the entry selects, and no others. */
function isBySelected({ service: { entry, resolution }, port }: Found): boolean {
  return entry?.workloadSelector !== undefined && resolution === 'NONE' && port.protocol !== 'HTTP';
}
const bySelected = 'is known by the addresses of the workloads that it selects, which is not modelled';

function at(object: string, reason: string, certain = true): Finding {
  return { layer: 'sidecar', object, reason, certain };
}

/** Envoy compares the names of its listeners regardless of case, istiod does not: of two spellings it takes neither. */
function misspelled(world: World, scope: Scope, trail: Trail): string | undefined {
  for (const group of world.registry.spelledTwice) {
    const visible = group.filter(
      (service) =>
        isSeen(scope, trail, service) &&
        service.addresses.length === 0 &&
        !isAllocated(world, service) &&
        portOf(service, trail.target.port)?.protocol === 'TLS',
    );
    const [first, second] = visible;
    if (first === undefined || second === undefined || new Set(visible.map(({ spelled }) => spelled)).size < 2)
      continue;
    return `${first.id} and ${second.id} spell ${first.host} differently, and a proxy that starts refuses all of port ${trail.target.port}`;
  }
  return undefined;
}

/** Nothing visible is about the flow: the outbound traffic policy has the last word. */
function unregistered(
  world: World,
  { outbound, outboundBy, egressProxy }: Scope,
  trail: Trail,
  why: string,
): MeshAnswer {
  const said = (policy: string): string =>
    outboundBy === '' ? `${why}, and the policy is ${policy}` : `says ${policy}, and ${why}`;
  if (outbound === 'REGISTRY_ONLY') return stopped(trail, at(outboundBy, said(outbound)));
  const proxy = egressProxy
    ? at(outboundBy, `${why}: goes to an egress proxy, which is not modelled`, false)
    : undefined;
  return leaveAsAsked(world, { ...trail, path: 'direct' }, trail.pod, proxy ?? at(outboundBy, said(outbound)));
}

/** On port 80 a VirtualService acts even for a host that nobody has registered. */
function unknownHost(world: World, scope: Scope, trail: Trail): MeshAnswer {
  const { host, port } = trail.target;
  if (appOf(trail.target) === 'http' && port === 80 && host !== undefined) {
    const services = routesFor(world, scope, trail, host).filter(
      (service) => service.http.length > 0 && !service.ofRoute,
    );
    if (services.length > 0) return byRequest(world, scope, trail, services, undefined);
  }
  const other = protocolMismatch(world, scope, trail);
  const why = other ?? `no visible service is ${host ?? trail.target.address ?? ''} port ${port}`;
  return unregistered(world, scope, trail, why);
}

function vantageOf({ client, target }: Trail): Vantage {
  return { gateway: 'mesh', port: target.port, pod: client };
}

function asRequest(world: World, scope: Scope, trail: Trail, found: Found): MeshAnswer {
  const host = trail.target.host ?? found.service.host;
  const services = routesFor(world, scope, trail, host).filter(
    (service) => service.http.length > 0 && countsFor(service, trail.client.namespace, found.service.namespace),
  );
  return services.length === 0 ? direct(world, scope, trail, found) : byRequest(world, scope, trail, services, found);
}

/** Of several VirtualServices for one host the first with a route for the proxy counts; without one the host is reached as if there were none. */
function byRequest(
  world: World,
  scope: Scope,
  trail: Trail,
  services: readonly VirtualService[],
  found: Found | undefined,
): MeshAnswer {
  const [first, second] = services.filter((service) => httpChoices(service, vantageOf(trail), trail.target).applicable);
  if (first !== undefined) return requestBy(world, scope, disputed(world, trail, first, second), first, found);
  if (found !== undefined) return direct(world, scope, trail, found);
  return unregistered(world, scope, trail, `no http route of ${services[0]?.id ?? ''} applies`);
}

function requestBy(
  world: World,
  scope: Scope,
  trail: Trail,
  service: VirtualService,
  found: Found | undefined,
): MeshAnswer {
  const { choices } = httpChoices(service, vantageOf(trail), trail.target);
  if (choices.length === 0) return stopped(trail, at(service.id, 'no http route of it is for the request'));
  return oneOf(
    choices.map(({ route }) => {
      if (route.delegate !== undefined) {
        const finding = at(service.id, 'delegates to another VirtualService, which is not modelled', false);
        return found
          ? direct(world, scope, passed(trail, finding), found)
          : unregistered(world, scope, passed(trail, finding), 'delegated');
      }
      if (route.aborted >= 100) return stopped(trail, at(service.id, answersItself));
      return follow(world, trail, service, destinationsOf(route), route.authority);
    }),
  );
}

/** TLS routes are looked for under the service's host. If none applies at all, the service goes straight to its host. */
function bySni(world: World, scope: Scope, trail: Trail, found: Found): MeshAnswer {
  const sni = trail.target.sni ?? trail.target.host ?? '';
  const services = visibleRoutes(world, scope, trail, world.meshRoutesMeeting(found.service.host));
  const { applicable, found: choice } = tlsChoice(services, vantageOf(trail), sni);
  if (!applicable) return direct(world, scope, trail, found);
  if (!choice)
    return unregistered(world, scope, trail, `the tls routes for ${found.service.host} leave out SNI ${sni}`);
  const rival = services.find((one) => one !== choice.service && one.tls.length > 0 && speaksFor(one, sni));
  return follow(world, disputed(world, trail, choice.service, rival), choice.service, destinationsOf(choice.route));
}

function asStream(world: World, scope: Scope, trail: Trail, found: Found): MeshAnswer {
  for (const service of visibleRoutes(world, scope, trail, world.meshRoutesMeeting(found.service.host))) {
    const choices = tcpChoices(service, vantageOf(trail), trail.target.address);
    if (choices.length === 0) continue;
    const rest = choices.some(({ holds }) => holds === 'yes') ? [] : [direct(world, scope, trail, found)];
    const answers = choices.map(({ route }) => follow(world, trail, service, destinationsOf(route)));
    return oneOf([...answers, ...rest]);
  }
  return direct(world, scope, trail, found);
}

/** Straight out, by the cluster that the sidecar has for the host. */
function direct(world: World, scope: Scope, trail: Trail, found: Found): MeshAnswer {
  const { service, port } = found;
  const known = clusterOf(world, scope, trail, service) ?? service;
  const there = portOf(known, port.number);
  if (there !== undefined) return leave(world, trail, { ...found, service: known, port: there });
  const reason = `has the host of ${service.id} and comes first, without port ${port.number}: the proxy cannot go there`;
  return stopped(trail, at(known.id, reason));
}

function leave(world: World, from: Trail, found: Found, route?: Chosen, subset?: string): MeshAnswer {
  const { found: there, trail } = keeping(world, { ...from, path: 'direct' }, found, subset);
  const { service, port, note } = there;
  if (!service.external) return stopped(trail, at(service.id, 'is inside the cluster'));
  const carriesTls = appOf(trail.target) === 'tls';
  const onward = note === undefined ? trail : passed(trail, at(service.id, note));
  const chosen = route ?? (note === undefined ? undefined : { object: service.id, reason: note });
  return leaveFor(world, onward, trail.pod, { service, port, subset, layer: 'sidecar', carriesTls, chosen });
}

function follow(
  world: World,
  trail: Trail,
  route: VirtualService,
  destinations: readonly RouteDestination[],
  authority?: string,
): MeshAnswer {
  if (destinations.length === 0) return stopped(trail, at(route.id, 'its route leads nowhere outside'));
  return oneOf(destinations.map((destination) => towards(world, trail, route, { ...destination, authority })));
}

interface Destination extends RouteDestination {
  /** The host that is asked for there in place of the client's. */
  readonly authority: string | undefined;
}

function towards(world: World, trail: Trail, route: VirtualService, destination: Destination): MeshAnswer {
  const { client, target } = trail;
  const { namespace } = client;
  const service = destinationOf(world, destination.host, route.namespace, { namespace, proxy: 'sidecar' });
  if (service === undefined)
    return stopped(trail, at(route.id, `leads to ${destination.host}, which the sidecar does not know`));
  const only = service.ports.length === 1 ? service.ports[0]?.number : undefined;
  const number = destination.port?.number ?? only ?? target.port;
  const port = portOf(service, number);
  if (port === undefined) return stopped(trail, at(service.id, `has no port ${number}, to which ${route.id} leads`));
  const hop = world.policyOf({ from: client, to: service, port: number, subset: destination.subset });
  if (!hop.hasSubset) {
    return stopped(
      trail,
      at(route.id, `leads to subset ${destination.subset ?? ''}, which no DestinationRule in force has`),
    );
  }
  const chosen = { object: route.id, reason: `leads to ${service.host} port ${number}` };
  const led = passed(trail, at(chosen.object, chosen.reason));
  const renamed = renaming(route, destination.authority, target, service, 'sidecar');
  const routed = renamed === undefined ? led : passed(led, renamed);
  const there: Found = { service, port, note: undefined };
  if (service.headless) return leave(world, routed, asAddressed(there), chosen, destination.subset);
  if (service.external) return leave(world, routed, there, chosen, destination.subset);
  // Its DestinationRule may have the sidecar go elsewhere than to the gateway, or have something else done there.
  const kept: Finding = { ...at(hop.object, keepsAddress, false), doubt: 'object' };
  const past = hop.keepsAddress ? kept : tunnelling(hop, 'sidecar');
  if (past !== undefined) return leaveAsAsked(world, { ...routed, path: 'direct' }, trail.pod, past);
  return throughGateway(world, routed, { service, port: number, hop });
}
