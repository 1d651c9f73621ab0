import { hostCovers, hostPatternsOverlap, splitHost } from '../registry/host.ts';
import { modeOf, serverHosts, speaksHttp, type BoundServer, type GatewayPods } from '../proxies/listeners.ts';
import type { Server, VirtualService } from '../objects/traffic.ts';
import { fullHost } from '../registry/registry.ts';
import { tcpChoices } from '../registry/routes.ts';
import { flaw, repeated, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

export const gatewayChecks: readonly MeshCheck[] = [
  {
    id: 'S10',
    title: 'The protocol of a server fits its TLS settings',
    severity: 'error',
    fix: 'Use HTTPS or TLS with a tls mode, HTTP and TCP without; ISTIO_MUTUAL takes no other tls field.',
    find: serverFaults,
  },
  {
    id: 'S11',
    title: 'Servers on the same port of the same pods do not conflict',
    severity: 'error',
    fix: 'Give each host one server, written with its namespace, on a port that the Service exposes.',
    find: conflicts,
  },
  {
    id: 'S12',
    title: 'A server that terminates TLS has exactly one VirtualService with exactly one route',
    severity: 'error',
    fix: 'Bind one VirtualService with one http or tcp route to the server: the first route gets all traffic.',
    find: boundRoutes,
  },
  {
    id: 'S13',
    title: 'A server of the gateway has the SNI of every hop to it',
    severity: 'error',
    fix: 'Set the sni of the subset to a host of a server on the same port.',
    find: lostSnis,
  },
];

const withTls = ['HTTPS', 'TLS'];

function serverFaults({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  return snapshot.gateways.filter(isOurs).flatMap((gateway) => {
    const names = repeated(gateway.servers.map(({ port }) => port.name));
    const faults = gateway.servers.flatMap((server, index) => {
      const message = faultOfServer(server);
      return message === undefined ? [] : [flaw(gateway, `spec.servers[${index}].tls`, message)];
    });
    return [
      ...faults,
      ...names.map((name) => flaw(gateway, 'spec.servers', `the port name ${name ?? '(none)'} is used twice`)),
    ];
  });
}

function faultOfServer({ port, tls }: Server): string | undefined {
  const { protocol = '' } = port;
  if (withTls.includes(protocol)) {
    if (tls?.mode === undefined && tls?.credentialName === undefined) return `${protocol} needs a tls mode`;
    const { mode, credentialName, serverCertificate, privateKey, caCertificates, subjectAltNames } = tls;
    const others = [credentialName, serverCertificate, privateKey, caCertificates, subjectAltNames[0]];
    const isCrowded = mode === 'ISTIO_MUTUAL' && others.some((value) => value !== undefined);
    return isCrowded ? 'ISTIO_MUTUAL takes no other tls field' : undefined;
  }
  return tls?.mode === undefined ? undefined : `${protocol} does not take TLS settings; use HTTPS or TLS`;
}

function conflicts({ gateways, snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const merged = gateways.flatMap(({ listeners, service }) =>
    [...listeners.values()].flatMap(({ skipped, spelledTwice, servers }) => [
      ...skipped.map(({ gateway, reason }) => flaw(gateway, 'spec.servers', `a server is dropped: ${reason}`)),
      ...(spelledTwice.length > 0 ? spellings(servers) : []),
      ...servers
        .filter(({ gateway, server }) => isOurs(gateway) && serverHosts(server).includes('*'))
        .map(({ gateway }) =>
          flaw(gateway, 'spec.servers', 'a server matches every SNI: one VirtualService then gets all of them'),
        ),
      ...servers
        // A Gateway of the Gateway API names its Services, and others stand before the same pods.
        .filter(
          ({ gateway, server }) => !gateway.ofRoute && !service.ports.some(({ port }) => port === server.port.number),
        )
        .map(({ gateway, server }) =>
          flaw(gateway, 'spec.servers', `${service.id} does not expose port ${server.port.number}`),
        ),
    ]),
  );
  const unused = snapshot.gateways
    .filter(isOurs)
    .filter(
      (gateway) => !gateways.some(({ listeners }) => [...listeners.values()].some((each) => holds(each, gateway.id))),
    );
  return [...merged, ...unused.map((gateway) => flaw(gateway, 'spec.selector', 'selects no pods of a Service'))];
}

function holds(
  { servers, skipped }: { readonly servers: readonly BoundServer[]; readonly skipped: readonly BoundServer[] },
  id: string,
): boolean {
  return [...servers, ...skipped].some(({ gateway }) => gateway.id === id);
}

function spellings(servers: readonly BoundServer[]): readonly Flaw[] {
  const twice = repeated(servers.flatMap(({ server }) => serverHosts(server)));
  return servers
    .filter(({ server }) => serverHosts(server).some((host) => twice.includes(host)))
    .map(({ gateway }) =>
      flaw(gateway, 'spec.servers', 'one of its hosts is on this port in two spellings: Envoy may refuse the listener'),
    );
}

function boundRoutes({ gateways, world }: CheckContext): readonly Flaw[] {
  return gateways.flatMap((pods) =>
    [...pods.listeners.values()].flatMap(({ servers }) =>
      servers
        .filter(({ server }) => endsTls(server))
        .flatMap((bound) => {
          const name = `${bound.gateway.namespace}/${bound.gateway.name}`;
          const services = (world.routesOfGateway.get(name) ?? []).filter((service) => fits(service, bound));
          const counts = services.map((service) => routesFor(service, bound, name, pods)).filter((count) => count > 0);
          if (counts.length === 1 && counts[0] === 1) return [];
          const what =
            counts.length === 1
              ? `${counts[0] ?? 0} routes of one VirtualService`
              : `routes of ${counts.length} VirtualServices`;
          return [
            flaw(bound.gateway, 'spec.servers', `port ${bound.server.port.number} has ${what}; it needs exactly one`),
          ];
        }),
    ),
  );
}

function endsTls(server: Server): boolean {
  return ['ISTIO_MUTUAL', 'MUTUAL', 'SIMPLE'].includes(modeOf(server));
}

function fits(service: VirtualService, { gateway, server }: BoundServer): boolean {
  return server.hosts.map(splitHost).some(({ namespace, host }) => {
    const owner = namespace === '.' ? gateway.namespace : namespace;
    return (
      (owner === '*' || owner === service.namespace) && service.hosts.some((other) => hostPatternsOverlap(other, host))
    );
  });
}

function routesFor(service: VirtualService, { server }: BoundServer, name: string, pods: GatewayPods): number {
  const pod = { namespace: pods.namespace, podLabels: pods.labels };
  const port = server.port.number;
  if (!speaksHttp(server)) return tcpChoices(service, { gateway: name, port, pod }, undefined).length;
  return service.http.filter(({ match }) =>
    match.some(
      ({ gateways, port: wanted = port }) => (gateways.length === 0 || gateways.includes(name)) && wanted === port,
    ),
  ).length;
}

function lostSnis({ snapshot, isOurs, gateways }: CheckContext): readonly Flaw[] {
  const { config } = snapshot;
  return snapshot.destinationRules.filter(isOurs).flatMap((rule) => {
    const host = fullHost(rule.host, rule.namespace, config);
    const pods = gateways.find(
      ({ service }) => host === `${service.name}.${service.namespace}.svc.${config.domainSuffix}`,
    );
    if (pods === undefined) return [];
    const bound = [...pods.listeners.values()].flatMap(({ servers }) => servers);
    return rule.subsets.flatMap(({ name, trafficPolicy }, index) =>
      (trafficPolicy?.portLevelSettings ?? []).flatMap(({ port, tls }) => {
        if (tls?.mode !== 'ISTIO_MUTUAL') return [];
        const { sni } = tls;
        const known = bound.some(
          ({ server }) =>
            server.port.number === port?.number &&
            sni !== undefined &&
            serverHosts(server).some((other) => hostCovers(other, sni)),
        );
        const field = `spec.subsets[${index}]`;
        return known
          ? []
          : [
              flaw(
                rule,
                field,
                `subset ${name} uses SNI ${sni ?? '(default)'}, which no server on port ${port?.number ?? ''} has`,
              ),
            ];
      }),
    );
  });
}
