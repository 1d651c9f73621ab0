import { appOf, passed, type Finding, type Trail } from '../answer.ts';
import type { VirtualService } from '../objects/traffic.ts';
import { ageUnknown } from '../registry/age.ts';
import { isSeen } from '../registry/lookup.ts';
import { fullHost, portOf } from '../registry/registry.ts';
import { exportRank, isApplicable, isRouteExported, tlsChoice, type TlsChoice } from '../registry/routes.ts';
import type { Scope } from '../registry/scope.ts';
import type { World } from '../world.ts';

/* The VirtualServices that a sidecar goes by, and which of several counts. */

/** Of two objects the older counts, and nobody can say which it is. */
export function unclear(object: string, claim: string): Finding {
  const reason = `${claim}: the older one counts, and the objects do not say which it is`;
  return { layer: 'sidecar', object, reason, certain: false, doubt: 'object' };
}

/** The VirtualServices of sidecars that this one sees, of the closest host. */
export function routesFor(world: World, scope: Scope, trail: Trail, host: string): readonly VirtualService[] {
  for (const group of world.meshRoutes.covering(host)) {
    const visible = visibleRoutes(world, scope, trail, group);
    if (visible.length > 0) return visible;
  }
  return [];
}

/** Those that the sidecar sees, in the order in which they count: what is exported to fewer comes first, then the oldest. */
export function visibleRoutes(
  world: World,
  scope: Scope,
  trail: Trail,
  services: readonly VirtualService[],
): readonly VirtualService[] {
  const rank = rankOf(world, trail);
  return services.filter((service) => sees(world, scope, trail, service)).sort((a, b) => rank(a) - rank(b));
}

function rankOf({ snapshot: { config } }: World, { client }: Trail): (service: VirtualService) => number {
  return (service) => exportRank(service, client.namespace, config);
}

function sees({ snapshot }: World, scope: Scope, { client, target }: Trail, service: VirtualService): boolean {
  const { config } = snapshot;
  if (!isRouteExported(service, client.namespace, config)) return false;
  return service.hosts.some((host) =>
    scope.imports(service.namespace, fullHost(host, service.namespace, config), target.port),
  );
}

/** A TLS route by address, which Envoy looks at before it looks at names: for all of the port, whatever host it is of. */
export function routeByAddress(world: World, scope: Scope, trail: Trail): string | undefined {
  const { client, target } = trail;
  const vantage = { gateway: 'mesh', port: target.port, pod: client };
  return world.routesByAddress.find(
    (service) =>
      sees(world, scope, trail, service) &&
      service.tls.some(({ match }) =>
        match.some((one) => one.destinationSubnets.length > 0 && isApplicable(service, one, vantage)),
      ),
  )?.id;
}

/** What a sidecar does with an SNI that nobody has registered and a TLSRoute says all the same. */
export function strayRoute(world: World, scope: Scope, trail: Trail): TlsChoice['found'] {
  const { target, client } = trail;
  if (world.strayRoutes.length === 0 || appOf(target) !== 'tls') return undefined;
  const listening = ({ hosts }: VirtualService): boolean =>
    hosts
      .flatMap((host) => world.registry.byHost.exactly(host))
      .some((one) => isSeen(scope, trail, one) && portOf(one, target.port)?.protocol === 'TLS');
  const services = visibleRoutes(world, scope, trail, world.strayRoutes.filter(listening));
  const vantage = { gateway: 'mesh', port: target.port, pod: client };
  return tlsChoice(services, vantage, target.sni ?? target.host ?? '').found;
}

/** A route of the Gateway API is for requests of its own namespace, or for a service of that. */
export function countsFor({ ofRoute, namespace }: VirtualService, client: string, owner: string): boolean {
  return !ofRoute || namespace === client || namespace === owner;
}

/** Another VirtualService for the host, and nobody can say which is older. */
export function disputed(world: World, trail: Trail, first: VirtualService, second: VirtualService | undefined): Trail {
  if (second === undefined) return trail;
  const rank = rankOf(world, trail);
  if (rank(first) !== rank(second) || !ageUnknown(first, second)) return trail;
  return passed(trail, unclear(first.id, `speaks for the host that ${second.id} speaks for`));
}
