import type { RegistryService } from '../registry/registry.ts';
import type { ClientTls, DestinationRule, VirtualService } from '../objects/traffic.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

/** TLS that gateways originate, and ports that bypass a gateway. */
export const upstreamChecks: readonly MeshCheck[] = [
  {
    id: 'S15',
    title: 'Only gateways originate TLS to the outside, once, and verify the host',
    severity: 'error',
    fix: 'Export the DestinationRule to "." alone, for ports that the application uses without TLS.',
    find: (context) => [...exportedTls(context), ...misdirectedTls(context), ...missingTls(context)],
  },
  {
    id: 'S18',
    title: 'Every port of a host behind a gateway has a route to the gateway',
    severity: 'error',
    fix: 'Remove the port from the ServiceEntry (use targetPort), or route it through the gateway too.',
    find: unroutedPorts,
  },
];

function exportedTls({ snapshot, isOurs, world }: CheckContext): readonly Flaw[] {
  return snapshot.destinationRules.filter(isOurs).flatMap((rule) => {
    const settings = rule.trafficPolicy?.portLevelSettings ?? [];
    const originates = [rule.trafficPolicy?.tls, ...settings.map(({ tls }) => tls)].some(
      (tls) => tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL',
    );
    const services = world.registry.byHost.exactly(rule.host).filter(({ external }) => external);
    if (!originates || services.length === 0) return [];
    const isPrivate = rule.exportTo.length === 1 && rule.exportTo[0] === '.';
    const wrapped = services
      .flatMap(({ ports }) => ports)
      .filter(({ number, protocol }) => {
        const own = (settings.find(({ port }) => port?.number === number) ?? rule.trafficPolicy)?.tls;
        return protocol === 'TLS' && own !== undefined && own.mode !== 'DISABLE';
      });
    return [
      ...(isPrivate
        ? []
        : [flaw(rule, 'spec.exportTo', 'sidecars see it too, and originate TLS that the gateway originates again')]),
      ...wrapped.map(({ number }) =>
        flaw(rule, 'spec.trafficPolicy', `port ${number} already carries TLS of the application`),
      ),
    ];
  });
}

function tlsOf(rule: DestinationRule): readonly ClientTls[] {
  const { tls, portLevelSettings = [] } = rule.trafficPolicy ?? {};
  const all = [tls, ...portLevelSettings.map((setting) => setting.tls)];
  return all.flatMap((each) => (each?.mode === 'SIMPLE' || each?.mode === 'MUTUAL' ? [each] : []));
}

/** Without a name to compare, a certificate of any known authority is accepted. */
function misdirectedTls({ snapshot, isOurs, world }: CheckContext): readonly Flaw[] {
  return snapshot.destinationRules.filter(isOurs).flatMap((rule) =>
    world.registry.byHost.exactly(rule.host).some(({ external }) => external)
      ? tlsOf(rule)
          .filter(({ sni, subjectAltNames }) => sni !== rule.host || !subjectAltNames.includes(rule.host))
          .map(() =>
            flaw(
              rule,
              'spec.trafficPolicy',
              `does not verify the certificate of ${rule.host} by sni and subjectAltNames`,
            ),
          )
      : [],
  );
}

/** HTTP to port 443 without TLS. */
function missingTls({ snapshot, isOurs, world }: CheckContext): readonly Flaw[] {
  const isCovered = (service: RegistryService, port: number): boolean => {
    const from = { namespace: service.namespace, podLabels: {} };
    const { tls } = world.policyOf({ from, to: service, port, subset: undefined });
    return tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL';
  };
  return snapshot.serviceEntries.filter(isOurs).flatMap((entry) =>
    entry.hosts.flatMap((host) => {
      const service = world.registry.byHost.exactly(host).find(({ id }) => id === entry.id);
      if (service === undefined) return [];
      return service.ports
        .filter(({ number, target, protocol }) => protocol === 'HTTP' && target === 443 && !isCovered(service, number))
        .map(({ number }) =>
          flaw(entry, 'spec.ports', `port ${number} goes to port 443 without TLS: no DestinationRule originates it`),
        );
    }),
  );
}

/** Hosts with a route of ours from sidecars to a gateway: each of their ports must have one. */
function unroutedPorts({ snapshot, isOurs, world }: CheckContext): readonly Flaw[] {
  return snapshot.serviceEntries.filter(isOurs).flatMap((entry) =>
    entry.hosts.flatMap((host) => {
      const services = world
        .meshRoutesMeeting(host)
        .filter((service) => isOurs(service) && service.gateways.length > 0);
      if (services.length === 0) return [];
      return entry.ports
        .filter(({ number, protocol = 'TCP' }) => !services.some((service) => routesPort(service, number, protocol)))
        .map(({ number }) =>
          flaw(entry, 'spec.ports', `port ${number} of ${host} has no route, and so bypasses the gateway`),
        );
    }),
  );
}

function routesPort({ http, tls, tcp }: VirtualService, number: number, protocol: string): boolean {
  const kind = ['HTTPS', 'TLS'].includes(protocol) ? tls : ['HTTP', 'HTTP2', 'GRPC'].includes(protocol) ? http : tcp;
  return kind.some(({ match }) =>
    match.some(
      ({ gateways, port = number }) => port === number && (gateways.length === 0 || gateways.includes('mesh')),
    ),
  );
}
