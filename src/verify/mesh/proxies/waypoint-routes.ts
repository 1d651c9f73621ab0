import { appOf, oneOf, passed, stopped, type Finding, type MeshAnswer, type Trail } from '../answer.ts';
import type { PodEnd } from '../../network/ends/ends.ts';
import type { HttpRoute, RouteDestination, StaticMatch, VirtualService } from '../objects/traffic.ts';
import { byAge } from '../registry/age.ts';
import { portOf, type RegistryPort, type RegistryService } from '../registry/registry.ts';
import {
  destinationsOf,
  exportRank,
  httpChoices,
  isApplicable,
  isRouteExported,
  type Choice,
  type Vantage,
} from '../registry/routes.ts';
import { destinationOf, type World } from '../world.ts';
import { answersItself, renaming } from './requests.ts';
import { carriedOn, leaveAsAsked, leaveFor } from './upstream.ts';

/** A flow that a waypoint has let in, for one of its services. */
export interface AtWaypoint {
  /** Of the waypoint. */
  readonly namespace: string;
  readonly pods: PodEnd;
  readonly service: RegistryService;
  readonly port: RegistryPort;
}

/**
 * Where the routes for a service lead, as its waypoint follows them; undefined: none is about it. They count if they are of the namespace
 * of the waypoint or of the service, and without any word about the client.
 */
export function byWaypointRoute(world: World, trail: Trail, at: AtWaypoint): MeshAnswer | undefined {
  const services = servicesFor(world, at);
  if (services.length === 0) return undefined;
  const vantage = { gateway: 'mesh', port: at.port.number, pod: { namespace: at.namespace, podLabels: {} } };
  return at.port.protocol === 'HTTP'
    ? byRequest(world, trail, at, services, vantage)
    : byConnection(world, trail, at, services, vantage);
}

function servicesFor(world: World, { namespace, service }: AtWaypoint): readonly VirtualService[] {
  const { config } = world.snapshot;
  return world
    .meshRoutesMeeting(service.host)
    .filter((one) => one.namespace === namespace || one.namespace === service.namespace)
    .filter((one) => isRouteExported(one, namespace, config))
    .sort((a, b) => exportRank(a, namespace, config) - exportRank(b, namespace, config) || byAge(a, b));
}

type Routed = Choice<HttpRoute> & { readonly service: VirtualService };

/** Routes of all that are for the service, one after the other. */
function byRequest(
  world: World,
  trail: Trail,
  at: AtWaypoint,
  services: readonly VirtualService[],
  vantage: Vantage,
): MeshAnswer | undefined {
  const choices: Routed[] = [];
  let applies = false;
  for (const service of services) {
    const found = httpChoices(withoutClients(service), vantage, trail.target);
    applies ||= found.applicable;
    for (const choice of found.choices) choices.push({ ...choice, service });
    if (choices.at(-1)?.holds === 'yes') break;
  }
  const [first] = services;
  if (!applies || first === undefined) return undefined;
  if (choices.length === 0) return stopped(trail, says(first, 'no http route of it is for the request'));
  return oneOf(
    choices.map(({ service, route }) => {
      if (route.aborted >= 100) return stopped(trail, says(service, answersItself));
      return follow(world, trail, at, { service, destinations: destinationsOf(route), authority: route.authority });
    }),
  );
}

/** A match that speaks of labels of the client is none there. */
function withoutClients(service: VirtualService): VirtualService {
  const isHeard = ({ sourceLabels }: StaticMatch): boolean => Object.keys(sourceLabels).length === 0;
  const http = service.http.flatMap((route) => {
    const match = route.match.filter(isHeard);
    return route.match.length > 0 && match.length === 0 ? [] : [{ ...route, match }];
  });
  return { ...service, http };
}

/** The first TLS route for the very host, else the first TCP route. */
function byConnection(
  world: World,
  trail: Trail,
  at: AtWaypoint,
  services: readonly VirtualService[],
  vantage: Vantage,
): MeshAnswer | undefined {
  const { host } = at.service;
  const isFor = (service: VirtualService, match: StaticMatch): boolean =>
    match.sourceNamespace === undefined && isApplicable(service, match, vantage);
  const found = [
    ...services.map((service) => ({
      service,
      route: service.tls.find(({ match }) =>
        match.some((one) => one.sniHosts.length === 1 && one.sniHosts[0] === host && isFor(service, one)),
      ),
    })),
    ...services.map((service) => ({
      service,
      route: service.tcp.find(({ match }) => match.length === 0 || match.some((one) => isFor(service, one))),
    })),
  ].find(({ route }) => route !== undefined);
  if (found?.route === undefined) return undefined;
  return follow(world, trail, at, { service: found.service, destinations: destinationsOf(found.route) });
}

interface Chosen {
  readonly service: VirtualService;
  readonly destinations: readonly RouteDestination[];
  /** The host that is asked for there in place of the client's. */
  readonly authority?: string | undefined;
}

function follow(world: World, trail: Trail, at: AtWaypoint, chosen: Chosen): MeshAnswer {
  const { service, destinations } = chosen;
  if (destinations.length === 0) return stopped(trail, says(service, 'its route leads nowhere outside'));
  return oneOf(destinations.map((destination) => towards(world, trail, at, chosen, destination)));
}

function towards(
  world: World,
  trail: Trail,
  { namespace, pods, port: { number: asked } }: AtWaypoint,
  { service: route, authority }: Chosen,
  { host, port, subset }: RouteDestination,
): MeshAnswer {
  const service = destinationOf(world, host, route.namespace, { namespace, proxy: 'sidecar' });
  if (service === undefined) return stopped(trail, says(route, `leads to ${host}, which the waypoint does not know`));
  const only = service.ports.length === 1 ? service.ports[0]?.number : undefined;
  const number = port?.number ?? only ?? asked;
  const there = portOf(service, number);
  if (there === undefined) return stopped(trail, says(service, `has no port ${number}, to which ${route.id} leads`));
  if (!service.external) return leaveAsAsked(world, trail, pods, carriedOn(service, 'waypoint'));
  const renamed = renaming(route, authority, trail.target, service, 'waypoint');
  const onward = renamed === undefined ? trail : passed(trail, renamed);
  return leaveFor(world, onward, pods, {
    service,
    port: there,
    subset,
    layer: 'waypoint',
    carriesTls: appOf(trail.target) === 'tls',
    chosen: { object: route.id, reason: `leads to ${service.host} port ${number}` },
  });
}

function says({ id }: { readonly id: string }, reason: string): Finding {
  return { layer: 'waypoint', object: id, reason };
}
