import { hostPatternsOverlap } from '../../registry/host.ts';
import type { Reference, Route, RouteGateway, RouteKind } from '../cluster.ts';
import { allowedNamespaces, listenerName, type GatewayApi, type Listener } from './gateways.ts';

/*
 * What a route is for: hosts of the mesh, or listeners of Gateways.
 * https://github.com/istio/istio/blob/1.31.0/pilot/pkg/config/kube/gateway/conversion.go (extractParentReferenceInfo)
 */

/** Where a route counts. */
export interface Parent {
  /** As a VirtualService says it: `mesh`, or `namespace/name` of a Gateway. */
  readonly gateway: string;
  readonly hosts: readonly string[];
  /** Of a Service or ServiceEntry; undefined: all of them. */
  readonly port: number | undefined;
}

const gatewayGroup = 'gateway.networking.k8s.io';
const mesh = 'mesh';

export function parentsOf(route: Route, api: GatewayApi): readonly Parent[] {
  return route.parentRefs.flatMap((reference): readonly Parent[] => {
    const { group = gatewayGroup, kind = 'Gateway', namespace = route.namespace, name, port } = reference;
    switch (`${group}/${kind}`) {
      case '/Service':
      case 'core/Service': {
        const found = api.services.some((one) => one.namespace === namespace && one.name === name);
        const host = `${name}.${namespace}.svc.${api.config.domainSuffix}`;
        return found ? [{ gateway: mesh, hosts: [host], port }] : [];
      }
      case 'networking.istio.io/ServiceEntry': {
        const found = api.serviceEntries.find((one) => one.namespace === namespace && one.name === name);
        return found === undefined ? [] : [{ gateway: mesh, hosts: found.hosts, port }];
      }
      case `${gatewayGroup}/Gateway`: {
        const found = api.routeGateways.find((one) => one.namespace === namespace && one.name === name);
        return found === undefined ? [] : listenersFor(route, reference, found, api);
      }
      default:
        return [];
    }
  });
}

function listenersFor(
  route: Route,
  { sectionName, port }: Reference,
  gateway: RouteGateway,
  { namespaces }: GatewayApi,
): readonly Parent[] {
  return gateway.listeners.flatMap((listener): readonly Parent[] => {
    if (sectionName !== undefined && sectionName !== listener.name) return [];
    if (port !== undefined && port !== listener.port) return [];
    if (!takenBy(listener).includes(route.kind)) return [];
    const allowed = allowedNamespaces(gateway, listener, namespaces);
    if (!allowed.includes('*') && !allowed.includes(route.namespace)) return [];
    const hosts = meetingHosts(route, listener.hostname);
    if (hosts.length === 0) return [];
    const name = `${gateway.namespace}/${listenerName(gateway, listener)}`;
    return [{ gateway: name, hosts: route.kind === 'TCPRoute' ? ['*'] : hosts, port: undefined }];
  });
}

function takenBy({ protocol, tls }: Listener): readonly RouteKind[] {
  switch (protocol) {
    case 'HTTP':
    case 'HTTPS':
      return ['HTTPRoute', 'GRPCRoute'];
    case 'TCP':
      return ['TCPRoute'];
    case 'TLS':
      return tls?.mode === 'Terminate' ? ['TLSRoute', 'TCPRoute'] : ['TLSRoute'];
    default:
      return [];
  }
}

/** Of the hosts of a TLSRoute what is the listener's; of others all, if one is. */
function meetingHosts({ kind, hostnames }: Route, listener: string | undefined): readonly string[] {
  const hosts = hostnames.length === 0 ? ['*'] : hostnames;
  if (listener === undefined) return hosts;
  const meeting = hosts.filter((host) => hostPatternsOverlap(host, listener));
  if (meeting.length === 0) return [];
  if (kind !== 'TLSRoute') return hosts;
  return meeting.map((host) => (host === '*' || (host.startsWith('*') && !listener.startsWith('*')) ? listener : host));
}
