import type { MeshClient, MeshTarget } from './answer.ts';
import { isExported, portOf, type RegistryService } from './registry/registry.ts';
import { isRouteExported } from './registry/routes.ts';
import type { World } from './world.ts';

/**
 * Does the proxy of the client make nothing of the name of a flow: has it no service for the name and the port, no
 * route, and no service that takes whatever comes to the port? Flows to all such names fare alike. What a Sidecar does
 * not import counts all the same: a name too many that is spoken of costs a judgement, one too few would hide what an
 * object does with it.
 */
export function isUnspoken(world: World, client: MeshClient, { host, address, port, protocol }: MeshTarget): boolean {
  if (host === undefined || address !== undefined) return false;
  // Proxies catch TCP only.
  if (client.meshed === 'none' || protocol !== 'TCP') return true;
  const { registry, meshRoutes, snapshot } = world;
  if (world.asides.has(host)) return false;
  const { namespace, meshed } = client;
  // A ztunnel does not go by exportTo.
  const isKnown = ({ exportTo, namespace: owner }: RegistryService): boolean =>
    meshed === 'ambient' || isExported(exportTo, owner, namespace);
  // Behind a wildcard a request to one port may name another.
  const speaks = (service: RegistryService): boolean =>
    (service.resolution === 'DYNAMIC_DNS' || portOf(service, port) !== undefined) && isKnown(service);
  if (registry.byHost.covering(host).some((services) => services.some(speaks))) return false;
  if (registry.byAddress.get(port)?.some((one) => one.entry && one.addresses.length === 0 && isKnown(one)))
    return false;
  // On no other port does a route act for a host without a service.
  const routes = port === 80 ? meshRoutes.covering(host) : [];
  return !routes.some((group) => group.some((route) => isRouteExported(route, namespace, snapshot.config)));
}
