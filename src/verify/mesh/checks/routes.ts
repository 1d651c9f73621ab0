import { hostCovers, hostPatternsOverlap } from '../registry/host.ts';
import type { RouteDestination, StaticMatch, VirtualService } from '../objects/traffic.ts';
import { portOf } from '../registry/registry.ts';
import { gatewaysOf } from '../registry/routes.ts';
import { destinationOf } from '../world.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

export const routeChecks: readonly MeshCheck[] = [
  {
    id: 'S06',
    title: 'The hosts of a VirtualService cover the SNIs of its routes',
    severity: 'error',
    fix: 'List each host once, and only SNIs that one of the hosts covers.',
    find: forOurs(hostFaults),
  },
  {
    id: 'S07',
    title: 'The gateways of a VirtualService exist, and its matches name no others',
    severity: 'error',
    fix: 'Name existing Gateways as namespace/name, in spec.gateways and in every match.',
    find: forOurs(gatewayFaults),
  },
  {
    id: 'S08',
    title: 'Every proxy knows the destinations of its routes',
    severity: 'error',
    fix: 'Export the ServiceEntry or Service to their namespaces, with the port that the route names.',
    find: forOurs(unknownDestinations),
  },
  {
    id: 'S09',
    title: 'Every subset exists in the DestinationRule in force, with TLS for the port',
    severity: 'error',
    fix: 'Add the subset, with ISTIO_MUTUAL and an sni for that port; keep exportTo of all rules of the host the same.',
    find: forOurs(missingSubsets),
  },
  {
    id: 'S14',
    title: 'A gateway can resolve the hosts that it forwards to',
    severity: 'error',
    fix: 'Use resolution DNS or STATIC for hosts that a gateway forwards to.',
    find: forOurs(unresolvable),
  },
  {
    id: 'S19',
    title: 'Routes of sidecars do not depend on the source',
    severity: 'error',
    fix: 'Route all clients to the gateway, and distinguish them in its AuthorizationPolicy.',
    find: forOurs(sourcePredicates),
  },
];

function forOurs(find: (service: VirtualService, context: CheckContext) => readonly Flaw[]): MeshCheck['find'] {
  return (context) =>
    context.snapshot.virtualServices.filter(context.isOurs).flatMap((service) => find(service, context));
}

interface Leg {
  readonly match: StaticMatch | undefined;
  readonly destinations: readonly RouteDestination[];
  readonly field: string;
}

interface Route {
  readonly match: readonly StaticMatch[];
  readonly route: readonly { readonly destination: RouteDestination }[];
}

/** Each route with each of its matches. */
function legsOf({ http, tls, tcp }: VirtualService): readonly Leg[] {
  const legs = (kind: string, routes: readonly Route[]): readonly Leg[] =>
    routes.flatMap(({ match, route }, index) => {
      const destinations = route.map(({ destination }) => destination);
      const matches = match.length === 0 ? [undefined] : match;
      return matches.map((each) => ({ match: each, destinations, field: `spec.${kind}[${index}]` }));
    });
  return [...legs('http', http), ...legs('tls', tls), ...legs('tcp', tcp)];
}

function hostFaults(service: VirtualService): readonly Flaw[] {
  const { hosts, http, tls, tcp } = service;
  const twice = hosts.filter((host, index) =>
    hosts.some((other, at) => at < index && hostPatternsOverlap(other, host)),
  );
  const strays = tls.flatMap(({ match }) =>
    match.flatMap(({ sniHosts }) => sniHosts.filter((sni) => !hosts.some((host) => hostCovers(host, sni)))),
  );
  return [
    ...twice.map((host) => flaw(service, 'spec.hosts', `${host} is covered twice`)),
    ...(hosts.includes('*') && gatewaysOf(service).includes('mesh')
      ? [flaw(service, 'spec.hosts', 'Istio refuses "*" for sidecars')]
      : []),
    ...strays.map((sni) => flaw(service, 'spec.tls', `none of its hosts covers the SNI ${sni}`)),
    ...(tls.some(({ match }) => match.length === 0)
      ? [flaw(service, 'spec.tls', 'Istio refuses a tls route without match')]
      : []),
    ...(http.length + tls.length + tcp.length === 0 ? [flaw(service, 'spec', 'has no route')] : []),
  ];
}

function gatewayFaults(service: VirtualService, { snapshot }: CheckContext): readonly Flaw[] {
  const existing = new Set(snapshot.gateways.map(({ namespace, name }) => `${namespace}/${name}`));
  const missing = gatewaysOf(service).filter((name) => name !== 'mesh' && !existing.has(name));
  const short = service.gateways.filter((name) => name !== 'mesh' && !name.includes('/'));
  const used = legsOf(service).flatMap(({ match }) => match?.gateways ?? []);
  const declared = gatewaysOf(service);
  const strays = gatewaysOf(service, used).filter((name) => used.length > 0 && !declared.includes(name));
  return [
    ...missing.map((name) => flaw(service, 'spec.gateways', `there is no Gateway ${name}`)),
    ...short.map((name) => flaw(service, 'spec.gateways', `${name} has no namespace; write namespace/name`)),
    ...[...new Set(strays)].map((name) =>
      flaw(service, 'spec.gateways', `a match names ${name}, which is not among the gateways`),
    ),
  ];
}

/** Namespaces of the proxies that use a leg. */
function placesOf(
  service: VirtualService,
  { match }: Leg,
  { snapshot }: CheckContext,
): { readonly mesh: readonly string[]; readonly gateways: readonly string[] } {
  const names =
    match === undefined || match.gateways.length === 0 ? gatewaysOf(service) : gatewaysOf(service, match.gateways);
  const exportTo = service.ofRoute ? clientsOf(service, snapshot) : service.exportTo;
  const granted = exportTo.filter((name) => name !== '.' && name !== '*');
  return {
    mesh: names.includes('mesh') ? (granted.length === 0 && !service.ofRoute ? [service.namespace] : granted) : [],
    gateways: names.filter((name) => name !== 'mesh').map((name) => name.slice(0, name.indexOf('/'))),
  };
}

/** A route of the Gateway API is for all who know the host. */
function clientsOf({ hosts }: VirtualService, { serviceEntries }: CheckContext['snapshot']): readonly string[] {
  const known = serviceEntries.filter((entry) => entry.hosts.some((host) => hosts.includes(host)));
  return [...new Set(known.flatMap(({ exportTo }) => exportTo))].filter((name) => name !== '~');
}

function unknownDestinations(service: VirtualService, context: CheckContext): readonly Flaw[] {
  const { world } = context;
  return legsOf(service).flatMap((leg) => {
    const { mesh, gateways } = placesOf(service, leg, context);
    const proxies = [
      ...mesh.map((namespace) => ({ namespace, proxy: 'sidecar' as const })),
      ...gateways.map((namespace) => ({ namespace, proxy: 'gateway' as const })),
    ];
    return leg.destinations.flatMap(({ host, port }) =>
      proxies.flatMap((proxy) => {
        const { namespace } = proxy;
        const found = destinationOf(world, host, service.namespace, proxy);
        if (found === undefined) return [flaw(service, leg.field, `proxies of ${namespace} know no host ${host}`)];
        if (port === undefined || portOf(found, port.number)) return [];
        return [flaw(service, leg.field, `${found.id} has no port ${port.number}`)];
      }),
    );
  });
}

function missingSubsets(service: VirtualService, context: CheckContext): readonly Flaw[] {
  const { world } = context;
  return legsOf(service).flatMap((leg) =>
    leg.destinations.flatMap(({ host, port, subset }) =>
      placesOf(service, leg, context).mesh.flatMap((namespace) => {
        const to = destinationOf(world, host, service.namespace, { namespace, proxy: 'sidecar' });
        if (to === undefined || subset === undefined) return [];
        const number = port?.number ?? to.ports[0]?.number ?? 0;
        const hop = world.policyOf({ from: { namespace, podLabels: {} }, to, port: number, subset });
        if (!hop.hasSubset)
          return [flaw(service, leg.field, `no DestinationRule in force in ${namespace} has the subset ${subset}`)];
        if (hop.tls?.mode === 'ISTIO_MUTUAL' && hop.tls.sni !== undefined) return [];
        return [flaw(service, leg.field, `subset ${subset} has no ISTIO_MUTUAL with an sni for port ${number}`)];
      }),
    ),
  );
}

function unresolvable(service: VirtualService, context: CheckContext): readonly Flaw[] {
  const { world } = context;
  return legsOf(service).flatMap((leg) =>
    leg.destinations.flatMap(({ host }) =>
      placesOf(service, leg, context).gateways.flatMap((namespace) => {
        const found = destinationOf(world, host, service.namespace, { namespace, proxy: 'gateway' });
        if (found?.resolution !== 'NONE' && found?.resolution !== 'DYNAMIC_DNS') return [];
        return [
          flaw(service, leg.field, `${found.id} has resolution ${found.resolution}, which a gateway cannot resolve`),
        ];
      }),
    ),
  );
}

function sourcePredicates(service: VirtualService): readonly Flaw[] {
  const fields = legsOf(service)
    .filter(({ match }) => match && (match.sourceNamespace !== undefined || Object.keys(match.sourceLabels).length > 0))
    .map(({ field }) => field);
  return [...new Set(fields)].map((field) =>
    flaw(service, field, 'matches by source: for other sources the sidecar connects to the host directly'),
  );
}
