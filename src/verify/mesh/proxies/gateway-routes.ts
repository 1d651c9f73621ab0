import { appOf, endsAlike, oneOf, passed, stopped, type Finding, type MeshAnswer, type Trail } from '../answer.ts';
import { modeOf, speaksHttp, type BoundServer, type GatewayPods } from './listeners.ts';
import type { PodEnd } from '../../network/ends/ends.ts';
import type { RouteDestination, VirtualService } from '../objects/traffic.ts';
import { answersItself, renaming } from './requests.ts';
import { carriedOn, leaveAsAsked, leaveFor } from './upstream.ts';
import { portOf, type RegistryService } from '../registry/registry.ts';
import { destinationsOf, httpChoices, speaksFor, tcpChoices, tlsChoice, type Vantage } from '../registry/routes.ts';
import { destinationOf, type World } from '../world.ts';

/** A connection that a server of a gateway has taken. */
export interface Within {
  readonly pods: GatewayPods;
  readonly gatewayPod: PodEnd;
  readonly bound: BoundServer;
  /** What reached the gateway first: TLS of the mesh, some other TLS, or (no SNI) the application's own bytes. */
  readonly wrapping: { readonly mutual: boolean; readonly sni: string | undefined };
}

function at(object: string, reason: string, certain = true): Finding {
  return { layer: 'gateway', object, reason, certain };
}

/** The half of the routes that belongs to the gateway. Its kind follows from what the server left of the connection. */
export function routeOut(world: World, trail: Trail, within: Within): MeshAnswer {
  const { bound, pods, wrapping } = within;
  const { gateway, server } = bound;
  const { services, vantage } = world.routesAt(bound, pods);
  if (services.length === 0) return stopped(trail, at(gateway.id, 'no VirtualService is bound to this server'));
  const mode = modeOf(server);
  if (mode === 'AUTO_PASSTHROUGH') {
    const wherever = at(gateway.id, 'AUTO_PASSTHROUGH goes wherever the SNI says', false);
    return leaveAsAsked(world, trail, within.gatewayPod, wherever);
  }
  if (speaksHttp(server)) return routeHttp(world, trail, within, services, vantage);
  if (mode === 'PASSTHROUGH') {
    const { found } = tlsChoice(services, vantage, wrapping.sni ?? '');
    if (!found)
      return stopped(trail, at(gateway.id, `no tls route of the gateway is for SNI ${wrapping.sni ?? '(none)'}`));
    return forward(world, trail, within, {
      service: found.service,
      destinations: destinationsOf(found.route),
    });
  }
  return routeTcp(world, trail, within, services, vantage);
}

function routeHttp(
  world: World,
  trail: Trail,
  within: Within,
  services: readonly VirtualService[],
  vantage: Vantage,
): MeshAnswer {
  const { host = '' } = trail.target;
  const service = services.find((candidate) => candidate.http.length > 0 && speaksFor(candidate, host));
  if (service === undefined)
    return stopped(trail, at(within.bound.gateway.id, `no http route of the gateway is for ${host}`));
  const { choices } = httpChoices(service, vantage, trail.target);
  if (choices.length === 0)
    return stopped(trail, at(service.id, 'no http route of it is for the gateway and the request'));
  return oneOf(
    choices.map(({ route }) =>
      route.aborted >= 100
        ? stopped(trail, at(service.id, answersItself))
        : forward(world, trail, within, { service, destinations: destinationsOf(route), authority: route.authority }),
    ),
  );
}

/** A TLS-terminating or plain server takes the first VirtualService that has a route for it, whatever its hosts. */
function routeTcp(
  world: World,
  trail: Trail,
  within: Within,
  services: readonly VirtualService[],
  vantage: Vantage,
): MeshAnswer {
  for (const service of services) {
    const [choice] = tcpChoices(service, vantage, undefined);
    if (choice === undefined) continue;
    return forward(world, trail, within, {
      service,
      destinations: destinationsOf(choice.route),
    });
  }
  return stopped(trail, at(within.bound.gateway.id, 'no tcp route is for the gateway: its server has ended the TLS'));
}

interface Chosen {
  readonly service: VirtualService;
  readonly destinations: readonly RouteDestination[];
  /** The host that is asked for there in place of the client's. */
  readonly authority?: string | undefined;
}

function forward(world: World, trail: Trail, within: Within, chosen: Chosen): MeshAnswer {
  const { service, destinations } = chosen;
  if (destinations.length === 0) return stopped(trail, at(service.id, 'the route of the gateway leads nowhere'));
  return oneOf(destinations.map((destination) => upstream(world, trail, within, chosen, destination)));
}

/**
 * Of services with one host istiod serves a gateway that starts the one that comes first, and once one of them changes, that
 * of its own namespace, as to a sidecar.
 */
function upstream(
  world: World,
  trail: Trail,
  within: Within,
  chosen: Chosen,
  destination: RouteDestination,
): MeshAnswer {
  const { id, namespace: owner } = chosen.service;
  const { namespace } = within.gatewayPod;
  const of = (proxy: 'gateway' | 'sidecar'): RegistryService | undefined =>
    destinationOf(world, destination.host, owner, { namespace, proxy });
  const [first, changed] = [of('gateway'), of('sidecar')];
  if (first === undefined || changed === undefined)
    return stopped(trail, at(id, `the gateway knows no host ${destination.host}`));
  const leading = (from: Trail, service: RegistryService): MeshAnswer =>
    towards(world, from, within, chosen, { ...destination, service });
  const answer = leading(trail, first);
  if (first.id === changed.id || endsAlike(answer, leading(trail, changed))) return answer;
  const reason = `has the host that ${changed.id} has: which of them a gateway goes by depends on what changed last`;
  const doubted = passed(trail, { ...at(first.id, reason, false), doubt: 'object' });
  return oneOf([first, changed].map((service) => leading(doubted, service)));
}

function towards(
  world: World,
  trail: Trail,
  { bound, gatewayPod }: Within,
  { service: route, authority }: Chosen,
  { service, port: asked, subset }: RouteDestination & { readonly service: RegistryService },
): MeshAnswer {
  const only = service.ports.length === 1 ? service.ports[0]?.number : undefined;
  const number = asked?.number ?? only ?? bound.server.port.number;
  const port = portOf(service, number);
  if (port === undefined) return stopped(trail, at(service.id, `has no port ${number}, to which ${route.id} leads`));
  if (!service.external) return leaveAsAsked(world, trail, gatewayPod, carriedOn(service, 'gateway'));
  if (service.resolution === 'NONE') {
    return stopped(trail, at(service.id, 'has resolution NONE, with which a gateway connects to itself'));
  }
  const dynamic = at(service.id, 'has resolution DYNAMIC_DNS, of which a gateway is thought incapable', false);
  const resolved = service.resolution === 'DYNAMIC_DNS' ? passed(trail, dynamic) : trail;
  const renamed = renaming(route, authority, trail.target, service, 'gateway');
  const onward = renamed === undefined ? resolved : passed(resolved, renamed);
  const mode = modeOf(bound.server);
  const carriesTls = appOf(trail.target) === 'tls' && mode !== 'SIMPLE' && mode !== 'MUTUAL';
  const chosen = { object: route.id, reason: `leads from the gateway to ${service.host} port ${number}` };
  return leaveFor(world, onward, gatewayPod, {
    service,
    port,
    subset,
    layer: 'gateway',
    carriesTls,
    chosen,
  });
}
