import { parseAddress } from '../../../net/address.ts';
import type { MeshClient, MeshTarget } from '../answer.ts';
import { isIn, networksOf } from '../../values/networks.ts';
import { bestHost, hostCovers, isMoreSpecific } from './host.ts';
import type {
  HttpMatch,
  HttpRoute,
  RouteDestination,
  StaticMatch,
  StringMatch,
  TcpRoute,
  TlsRoute,
  VirtualService,
} from '../objects/traffic.ts';
import type { MeshConfig } from '../objects/config.ts';
import { isExported } from './registry.ts';
import { labelsMatch } from './scope.ts';
import { anyOf, allOf, triState, type TriState } from '../../values/tri-state.ts';

/** The proxy that a route is judged for: its gateways (`mesh`, or `ns/name`), its port, and the pod it belongs to. */
export interface Vantage {
  readonly gateway: string;
  readonly port: number;
  readonly pod: Pick<MeshClient, 'namespace' | 'podLabels'>;
}

/** Gateways as `ns/name`, or `mesh`, which is the default. */
export function gatewaysOf(service: VirtualService, listed = service.gateways): readonly string[] {
  if (listed.length === 0) return ['mesh'];
  return listed.map((name) => (name === 'mesh' || name.includes('/') ? name : `${service.namespace}/${name}`));
}

/** Do proxies of a namespace see it? */
export function isRouteExported(
  { exportTo, namespace: owner }: VirtualService,
  namespace: string,
  { defaultVirtualServiceExportTo }: MeshConfig,
): boolean {
  return isExported(exportTo.length === 0 ? defaultVirtualServiceExportTo : exportTo, owner, namespace);
}

/** What is exported to fewer comes first: its own namespace alone, namespaces by name, everybody. */
export function exportRank(
  { exportTo, namespace, ofRoute }: VirtualService,
  proxy: string,
  { defaultVirtualServiceExportTo }: MeshConfig,
): number {
  const isForAll = (exportTo.length === 0 ? defaultVirtualServiceExportTo : exportTo).includes('*');
  // Of what is for everybody a route of the Gateway API of the proxy's own namespace comes first.
  if (isForAll) return ofRoute && namespace === proxy ? 2 : 3;
  return namespace === proxy ? 0 : 1;
}

/** Where a route leads: of several destinations to those with a weight. */
export function destinationsOf({ route }: Pick<TcpRoute, 'route'>): readonly RouteDestination[] {
  const taken = route.length > 1 ? route.filter(({ weight = 0 }) => weight > 0) : route;
  return taken.map(({ destination }) => destination);
}

/** Everything that is known before the first byte. */
export function isApplicable(service: VirtualService, match: StaticMatch, { gateway, port, pod }: Vantage): boolean {
  const listed = match.gateways.length === 0 ? service.gateways : match.gateways;
  return (
    gatewaysOf(service, listed).includes(gateway) &&
    (match.port === undefined || match.port === port) &&
    (match.sourceNamespace === undefined || match.sourceNamespace === pod.namespace) &&
    labelsMatch(match.sourceLabels, pod.podLabels)
  );
}

/** Of requests, istiod asks for the source only where a match does not say its gateways. */
function asAsked(match: HttpMatch): HttpMatch {
  return match.gateways.length === 0 ? match : { ...match, sourceLabels: {}, sourceNamespace: undefined };
}

const always: StaticMatch = { gateways: [], port: undefined, sourceLabels: {}, sourceNamespace: undefined };

export interface Choice<R> {
  readonly route: R;
  readonly holds: TriState;
}

/** The HTTP routes that apply to the proxy, each with whether the request is one of its; up to the first that takes all. */
export function httpChoices(
  service: VirtualService,
  vantage: Vantage,
  target: MeshTarget,
): { readonly applicable: boolean; readonly choices: readonly Choice<HttpRoute>[] } {
  const choices: Choice<HttpRoute>[] = [];
  let applicable = false;
  for (const route of service.http) {
    const matches = route.match.filter((match) => isApplicable(service, asAsked(match), vantage));
    const open = route.match.length === 0 && isApplicable(service, always, vantage);
    if (!open && matches.length === 0) continue;
    applicable = true;
    const holds = open ? 'yes' : anyOf(matches.map((match) => requestMatches(match, target)));
    if (holds !== 'no') choices.push({ route, holds });
    if (holds === 'yes') break;
  }
  return { applicable, choices };
}

function requestMatches(match: HttpMatch, target: MeshTarget): TriState {
  const others = [match.headers, match.withoutHeaders, match.queryParams].some((part) => part !== undefined);
  return allOf([
    textMatches(match.uri, target.path),
    textMatches(match.method, target.method),
    textMatches(match.authority, target.host),
    textMatches(match.scheme, 'http'),
    others ? 'some' : 'yes',
  ]);
}

function textMatches(match: StringMatch | undefined, text: string | undefined): TriState {
  if (match === undefined) return 'yes';
  if (text === undefined) return 'some';
  if (match.exact !== undefined) return triState(match.exact === text);
  if (match.prefix !== undefined) return triState(text.startsWith(match.prefix));
  return match.regex === undefined ? 'yes' : 'unknown';
}

/** What the TLS routes of several VirtualServices say: whether one applies at all, and which has the closest SNI. */
export interface TlsChoice {
  readonly applicable: boolean;
  readonly found: { readonly service: VirtualService; readonly route: TlsRoute } | undefined;
}

/**
 * Of equal SNIs the first one counts, for a second filter chain with the same match is dropped. That no route applies
 * is not that none matches: the service then keeps its own chain, straight to the host.
 */
export function tlsChoice(services: readonly VirtualService[], vantage: Vantage, sni: string): TlsChoice {
  let applicable = false;
  let found: TlsChoice['found'];
  let closest: string | undefined;
  for (const service of services) {
    for (const route of service.tls) {
      for (const match of route.match) {
        if (!isApplicable(service, match, vantage)) continue;
        applicable = true;
        const host = bestHost(match.sniHosts, sni);
        if (host === undefined || (closest !== undefined && !isMoreSpecific(host, closest))) continue;
        [closest, found] = [host, { service, route }];
      }
    }
  }
  return { applicable, found };
}

/** The first TCP route that applies; `unknown` ones stay in the list until one is sure. */
export function tcpChoices(
  service: VirtualService,
  vantage: Vantage,
  address: string | undefined,
): readonly Choice<TcpRoute>[] {
  const choices: Choice<TcpRoute>[] = [];
  for (const route of service.tcp) {
    const matches = route.match.filter((match) => isApplicable(service, match, vantage));
    const open = route.match.length === 0 && isApplicable(service, always, vantage);
    const holds = open ? 'yes' : anyOf(matches.map((match) => subnetMatches(match.destinationSubnets, address)));
    if (holds !== 'no') choices.push({ route, holds });
    if (holds === 'yes') break;
  }
  return choices;
}

function subnetMatches(subnets: readonly string[], text: string | undefined): TriState {
  if (subnets.length === 0) return 'yes';
  const address = text === undefined ? undefined : parseAddress(text);
  return address === undefined ? 'unknown' : triState(isIn(networksOf(subnets), address));
}

/** Does a VirtualService speak for this host? */
export function speaksFor({ hosts }: VirtualService, host: string): boolean {
  return hosts.some((pattern) => hostCovers(pattern, host));
}
