import type { Destination } from '../../core/model/desired.ts';
import { canonicalCidr, formatCidr } from '../../core/net/cidr.ts';
import { canonicalName } from '../../core/net/name.ts';
import { networkOf } from '../values/networks.ts';
import type { MeshSnapshot } from '../mesh/objects/snapshot.ts';
import type { ClusterRule, NetworkPolicy, PolicyPort } from '../network/objects.ts';
import type { ServiceEntry } from '../mesh/objects/traffic.ts';
import { anywhere } from '../../core/net/destination.ts';
import type { Boundary } from './boundaries.ts';

/** Every line that objects of a mesh and network policies draw outside the cluster. */
export function boundariesOfMesh(mesh: MeshSnapshot): Boundary[] {
  return [
    ...mesh.serviceEntries.flatMap(ofEntry),
    ...mesh.virtualServices.map(({ hosts, http, tls, tcp }): Boundary => {
      const ports = [...http, ...tls, ...tcp].flatMap(({ match }) => match.flatMap(({ port }) => port ?? []));
      const sni = tls.flatMap(({ match }) => match.flatMap(({ sniHosts }) => sniHosts));
      const subnets = [...tls, ...tcp].flatMap(({ match }) => match.flatMap((one) => one.destinationSubnets));
      return { to: destination([...hosts, ...sni], subnets), ports: ports.map(tcpPort) };
    }),
    ...mesh.destinationRules.map(({ host }): Boundary => ({ to: destination([host], []), ports: [] })),
    ...mesh.gateways.flatMap(({ servers }) =>
      servers.map(({ hosts, port }): Boundary => {
        const names = hosts.map((text) => text.slice(text.indexOf('/') + 1));
        return { to: destination(names, []), ports: [tcpPort(port.number)] };
      }),
    ),
    ...mesh.authorizationPolicies.flatMap(({ rules }) =>
      rules.flatMap(({ to, when }): Boundary[] => {
        const hosts = to.flatMap(({ operation }) => operation.hosts);
        const sni = when.filter(({ key }) => key === 'connection.sni').flatMap(({ values }) => values);
        return [{ to: destination([...hosts, ...sni], []), ports: [] }];
      }),
    ),
    ...mesh.networkPolicies.flatMap(ofNetworkPolicy),
    ...mesh.clusterNetworkPolicies.flatMap(({ egress }) => egress.map(ofClusterRule)),
  ].filter(({ to }) => to.any || to.names.length + to.networks.length > 0);
}

function ofEntry({ hosts, addresses, ports, endpoints }: ServiceEntry): Boundary[] {
  const given = endpoints.flatMap(({ address }) => address ?? []);
  const to = destination([...hosts, ...given], [...addresses, ...given]);
  return ports.flatMap(({ number, targetPort }) => [
    { to, ports: [tcpPort(number)] },
    ...(targetPort === undefined || targetPort === number ? [] : [{ to, ports: [tcpPort(targetPort)] }]),
  ]);
}

function ofNetworkPolicy({ egress = [] }: NetworkPolicy): Boundary[] {
  return egress.map(({ to, ports }): Boundary => {
    const networks = to.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...ipBlock.except] : []));
    return { to: to.length === 0 ? anywhere : destination([], networks), ports: ports.flatMap(policyPort) };
  });
}

function policyPort({ port, endPort, protocol = 'TCP' }: PolicyPort): Boundary['ports'] {
  if (typeof port !== 'number' || (protocol !== 'TCP' && protocol !== 'UDP')) return [];
  return [{ port, protocol, ...(endPort !== undefined && { endPort }) }];
}

function ofClusterRule({ to, ports }: ClusterRule): Boundary {
  const names = to.flatMap(({ domainNames }) => domainNames ?? []);
  const networks = to.flatMap(({ networks: blocks }) => blocks ?? []);
  const numbers = ports.flatMap(({ portNumber, portRange }) => {
    const { protocol = 'TCP' } = portNumber ?? portRange ?? {};
    if (protocol !== 'TCP' && protocol !== 'UDP') return [];
    if (portNumber) return [{ port: portNumber.port, protocol } as const];
    return portRange ? [{ port: portRange.start, endPort: portRange.end, protocol } as const] : [];
  });
  return { to: destination(names, networks), ports: numbers };
}

function tcpPort(port: number): Boundary['ports'][number] {
  return { port, protocol: 'TCP' };
}

function destination(names: readonly string[], networks: readonly string[]): Destination {
  return {
    any: false,
    names: names.flatMap((name) => canonicalName(name) ?? []),
    networks: networks.flatMap((text) => {
      const network = canonicalCidr(text);
      if (network !== undefined) return [network];
      const read = networkOf(text);
      return read ? [formatCidr(read)] : [];
    }),
  };
}
