import { grouped } from '../../../../core/model/grouped.ts';
import { byAge } from '../../registry/age.ts';
import { hostPatternsOverlap } from '../../registry/host.ts';
import type { Reference, ReferenceGrant, Route, RouteRule } from '../cluster.ts';
import type { HttpMatch, HttpRoute, RouteDestination, VirtualService } from '../traffic.ts';
import type { GatewayApi } from './gateways.ts';
import { parentsOf, type Parent } from './parents.ts';

/*
 * What istiod makes of routes of the Gateway API: a VirtualService for each host of each thing that they are for.
 * https://github.com/istio/istio/blob/1.31.0/pilot/pkg/config/kube/gateway/route_collections.go
 */

export function virtualServicesOf(api: GatewayApi): readonly VirtualService[] {
  const all = [...api.routes]
    .sort(byAge)
    .flatMap((route) =>
      parentsOf(route, api).flatMap((parent) => parent.hosts.map((host) => serviceFor(route, parent, host, api))),
    );
  const requests = grouped(
    all.flatMap((one) => (one.service.http.length > 0 ? [[one.key, one.service] as const] : [])),
  );
  return [
    ...all.flatMap(({ service }) => (service.http.length > 0 ? [] : [service])),
    ...[...requests.values()].flatMap(merged),
  ];
}

interface Made {
  /** Of what is merged: requests for one host at one place. */
  readonly key: string;
  readonly service: VirtualService;
}

function serviceFor(route: Route, parent: Parent, host: string, api: GatewayApi): Made {
  const { parentRefs: _, hostnames, rules, kind, ...identity } = route;
  const { gateway, port } = parent;
  const destinations: Destinations = (backends) =>
    backends.flatMap((backend) => {
      const isGranted = gateway === 'mesh' || mayLeadTo(backend, route, api);
      const destination = isGranted ? destinationOf(backend, route, api) : undefined;
      return destination === undefined ? [] : [{ destination, weight: backend.weight ?? 1, headers: undefined }];
    });
  const at = { gateways: [], port, sourceLabels: {}, sourceNamespace: undefined };
  const common = { ...identity, hosts: [host], gateways: [gateway], exportTo: [], ofRoute: true as const };
  const sniHosts = gateway === 'mesh' ? snisOf(hostnames, host) : [host];
  const service: VirtualService = {
    ...common,
    http:
      kind === 'HTTPRoute' || kind === 'GRPCRoute' ? rules.flatMap((rule) => requestsOf(rule, at, destinations)) : [],
    tls:
      kind === 'TLSRoute'
        ? rules.map((rule) => ({
            match: [{ ...at, sniHosts, destinationSubnets: [] }],
            route: destinations(backendsOf(rule)),
          }))
        : [],
    tcp:
      kind === 'TCPRoute'
        ? rules.map((rule) => ({ match: [{ ...at, destinationSubnets: [] }], route: destinations(backendsOf(rule)) }))
        : [],
  };
  const place = gateway === 'mesh' ? `${route.namespace}/${port ?? ''}` : gateway;
  return { key: `${place} ${host}`, service };
}

/** Of several only those that are meant for the host; a single one is taken as it is. */
function snisOf(hostnames: readonly string[], host: string): readonly string[] {
  if (hostnames.length === 0) return [host];
  return hostnames.length === 1 ? hostnames : hostnames.filter((name) => hostPatternsOverlap(name, host));
}

function backendsOf({ backendRefs }: RouteRule): readonly Reference[] {
  return backendRefs.filter(({ weight }) => weight !== 0);
}

/** At a Gateway, to a Service of another namespace: only as that grants it. In the mesh istiod asks for no grant. */
function mayLeadTo(
  { group = '', kind = 'Service', name, namespace = '' }: Reference,
  route: Route,
  { referenceGrants }: GatewayApi,
): boolean {
  if (kind !== 'Service' || namespace === '' || namespace === route.namespace) return true;
  const isTo = (to: ReferenceGrant['to'][number]): boolean =>
    to.group === group && to.kind === kind && (to.name === undefined || to.name === name);
  return referenceGrants.some(
    (grant) =>
      grant.namespace === namespace &&
      grant.to.some(isTo) &&
      grant.from.some(
        (from) =>
          from.group === 'gateway.networking.k8s.io' && from.kind === route.kind && from.namespace === route.namespace,
      ),
  );
}

/** Undefined: istiod knows no such backend. */
function destinationOf(
  { group = '', kind = 'Service', name, namespace, port }: Reference,
  route: Route,
  { config }: GatewayApi,
): RouteDestination | undefined {
  const number = port === undefined ? undefined : { number: port };
  const of = `${group}/${kind}`;
  if (of === 'networking.istio.io/Hostname') return { host: name, subset: undefined, port: number };
  if (of !== '/Service' && of !== 'core/Service') return undefined;
  return {
    host: `${name}.${namespace ?? route.namespace}.svc.${config.domainSuffix}`,
    subset: undefined,
    port: number,
  };
}

type Place = Pick<HttpMatch, 'gateways' | 'port' | 'sourceLabels' | 'sourceNamespace'>;

type Destinations = (backends: readonly Reference[]) => HttpRoute['route'];

function requestsOf(rule: RouteRule, at: Place, destinations: Destinations): readonly HttpRoute[] {
  const isRedirect = rule.filters.some(({ type }) => type === 'RequestRedirect');
  const route = isRedirect ? [] : destinations(backendsOf(rule));
  const mirrors = destinations(rule.filters.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? []));
  const rest = {
    name: undefined,
    route,
    redirect: isRedirect ? {} : undefined,
    directResponse: !isRedirect && route.length === 0 ? { status: 500 } : undefined,
    delegate: undefined,
    mirrors: mirrors.map(({ destination }) => destination),
    authority: rule.filters.map(({ urlRewrite }) => urlRewrite?.hostname).find(Boolean),
    aborted: 0,
  };
  const matches =
    rule.matches.length > 0 ? rule.matches : [{ path: undefined, method: undefined, headers: [], queryParams: [] }];
  return matches.map((match) => ({ match: [matchOf(match, at)], ...rest }));
}

function matchOf({ path, method, headers, queryParams }: RouteRule['matches'][number], at: Place): HttpMatch {
  const value = path?.value ?? '/';
  const how =
    { Exact: 'exact', RegularExpression: 'regex', PathPrefix: 'prefix' }[path?.type ?? 'PathPrefix'] ?? 'regex';
  const isAny = how === 'prefix' && value === '/';
  const text = { exact: undefined, prefix: undefined, regex: undefined };
  // What a GRPCRoute matches is a path.
  const isWhole = typeof method !== 'object';
  return {
    ...at,
    uri: isAny && isWhole ? undefined : isWhole ? { ...text, [how]: value } : { ...text, regex: '.*' },
    method: typeof method === 'string' ? { ...text, exact: method } : undefined,
    authority: undefined,
    scheme: undefined,
    headers: headers.length > 0 ? {} : undefined,
    withoutHeaders: undefined,
    queryParams: queryParams.length > 0 ? {} : undefined,
  };
}

/** One for all routes for a host at one place, the most particular match first, then the oldest route. */
function merged(services: readonly VirtualService[]): readonly VirtualService[] {
  const [first] = services;
  if (first === undefined) return [];
  const http = services.flatMap((service) => service.http);
  return [{ ...first, http: [...http].sort((a, b) => particularity(b) - particularity(a)) }];
}

function particularity({ match: [one] }: HttpRoute): number {
  const { exact, prefix = '' } = one?.uri ?? {};
  const path = exact === undefined ? prefix.length : 2_000 + exact.length;
  return path * 8 + (one?.method ? 4 : 0) + (one?.headers ? 2 : 0) + (one?.queryParams ? 1 : 0);
}
