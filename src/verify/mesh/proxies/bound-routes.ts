import type { MeshConfig } from '../objects/config.ts';
import type { VirtualService } from '../objects/traffic.ts';
import { hostPatternsOverlap, splitHost } from '../registry/host.ts';
import { exportRank, isApplicable, isRouteExported, tcpChoices, type Vantage } from '../registry/routes.ts';
import { modeOf, speaksHttp, type BoundServer, type GatewayPods } from './listeners.ts';

/** The routes of one server of a gateway. */
export interface BoundRoutes {
  /** In the order in which they count: what is exported to fewer first, then the oldest. */
  readonly services: readonly VirtualService[];
  readonly vantage: Vantage;
  /** istiod leaves a server out that no route is for, unless it judges requests. */
  readonly hasChain: boolean;
}

/**
 * Finds the routes of each server once: every flow to a gateway asks for those of the servers that are for its SNI.
 *
 * @param routesOfGateway by `ns/name`, the oldest first
 */
export function readBoundRoutes(
  config: MeshConfig,
  routesOfGateway: ReadonlyMap<string, readonly VirtualService[]>,
): (bound: BoundServer, pods: GatewayPods) => BoundRoutes {
  const known = new Map<BoundServer, BoundRoutes>();
  return (bound, pods) => {
    const found = known.get(bound) ?? routesOf(bound, pods, config, routesOfGateway);
    known.set(bound, found);
    return found;
  };
}

function routesOf(
  bound: BoundServer,
  pods: GatewayPods,
  config: MeshConfig,
  routesOfGateway: ReadonlyMap<string, readonly VirtualService[]>,
): BoundRoutes {
  const { gateway, server } = bound;
  const name = `${gateway.namespace}/${gateway.name}`;
  const services = (routesOfGateway.get(name) ?? [])
    .filter((service) => binds(service, bound, pods, config))
    .sort((a, b) => exportRank(a, pods.namespace, config) - exportRank(b, pods.namespace, config));
  const pod = { namespace: pods.namespace, podLabels: pods.labels };
  const vantage = { gateway: name, port: server.port.number, pod };
  return { services, vantage, hasChain: hasChain(bound, services, vantage) };
}

function hasChain({ server }: BoundServer, services: readonly VirtualService[], vantage: Vantage): boolean {
  const mode = modeOf(server);
  if (speaksHttp(server) || mode === 'AUTO_PASSTHROUGH') return true;
  if (mode === 'PASSTHROUGH') {
    return services.some((service) =>
      service.tls.some(({ match }) => match.some((one) => isApplicable(service, one, vantage))),
    );
  }
  return services.some((service) => tcpChoices(service, vantage, undefined).length > 0);
}

/** May the VirtualService bind: is it exported to the gateway, and has it a host of the server, from the right namespace? */
function binds(
  service: VirtualService,
  { gateway, server }: BoundServer,
  pods: GatewayPods,
  config: MeshConfig,
): boolean {
  if (!isRouteExported(service, pods.namespace, config)) return false;
  return server.hosts.map(splitHost).some(({ namespace, host }) => {
    const owner = namespace === '.' ? gateway.namespace : namespace;
    return (
      (owner === '*' || owner === service.namespace) && service.hosts.some((other) => hostPatternsOverlap(other, host))
    );
  });
}
