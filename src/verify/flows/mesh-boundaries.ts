import type { Destination } from '../../core/model/desired.ts';
import type { Labels } from '../../core/model/snapshot.ts';
import { canonicalCidr, formatCidr } from '../../net/cidr.ts';
import { canonicalName } from '../../net/name.ts';
import { networkOf } from '../values/networks.ts';
import type { MeshSnapshot } from '../mesh/objects/snapshot.ts';
import { captureLines } from '../mesh/proxies/capture.ts';
import type { EndpointSlice } from '../mesh/objects/cluster.ts';
import type { ServiceEntry } from '../mesh/objects/traffic.ts';
import { readClaimable } from '../mesh/registry/claimable.ts';
import { readKeeping } from '../mesh/registry/kept-addresses.ts';
import { readRegistry } from '../mesh/registry/registry.ts';
import type { Boundary } from './boundaries.ts';

/** Every line that objects of a mesh, and network policies beside them, draw outside the cluster. */
export function boundariesOfMesh(mesh: MeshSnapshot, ofPolicies: readonly Boundary[]): Boundary[] {
  const isLabel = labelsIn(mesh);
  const ofMesh = [
    ...mesh.serviceEntries.flatMap(ofEntry),
    ...mesh.endpointSlices.flatMap(ofSlice),
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
    ...claimablePorts(mesh).map((port): Boundary => ({ to: destination([], nobodys), ports: [tcpPort(port)] })),
    ...mesh.network.pods.flatMap(({ sidecar }) => (sidecar === undefined ? [] : ofCapture(sidecar))),
  ].map(({ to, ports }): Boundary => ({ to: { ...to, names: to.names.filter((name) => !isLabel.has(name)) }, ports }));
  return [...ofMesh, ...ofPolicies].filter(({ to }) => to.any || to.names.length + to.networks.length > 0);
}

/** Hosts that proxies never hear of: of entries that are known by their addresses, on ports where no application names a host. */
function labelsIn({ serviceEntries, virtualServices }: MeshSnapshot): ReadonlySet<string> {
  const isByAddress = ({ addresses, ports }: ServiceEntry): boolean =>
    addresses.length > 0 && ports.every(({ protocol }) => protocol === 'TCP');
  const heard = new Set([
    ...serviceEntries.filter((entry) => !isByAddress(entry)).flatMap(({ hosts }) => hosts),
    ...virtualServices.filter(({ http, tls }) => http.length + tls.length > 0).flatMap(({ hosts }) => hosts),
  ]);
  return new Set(serviceEntries.flatMap(({ hosts }) => hosts).filter((host) => !heard.has(host)));
}

const anywhere = ['0.0.0.0/0', '::/0'];

/** One of each family stands for all: of the ports of headless Services there are many, and not every network is to be asked about each. */
const nobodys = ['192.0.2.1/32', '2001:db8::1/128'];

/** Whoever names a headless Service, or one whose address a DestinationRule keeps, is taken to any address on these. */
function claimablePorts(mesh: MeshSnapshot): readonly number[] {
  const { services } = readRegistry(mesh);
  const headless = services.filter((service) => service.headless);
  return [...readClaimable(headless, readKeeping(mesh, services)).keys()];
}

function ofEntry({ hosts, addresses, ports, endpoints, resolution = 'NONE' }: ServiceEntry): Boundary[] {
  const given = endpoints.flatMap(({ address }) => address ?? []);
  // Whoever names its host is taken to any address.
  const kept = resolution === 'NONE' && addresses.length === 0 ? anywhere : [];
  const to = destination([...hosts, ...given], [...addresses, ...given, ...kept]);
  return ports.flatMap(({ number, targetPort }) => [
    { to, ports: [tcpPort(number)] },
    ...(targetPort === undefined || targetPort === number ? [] : [{ to, ports: [tcpPort(targetPort)] }]),
  ]);
}

/** What annotations of a pod take around its sidecar. */
function ofCapture(sidecar: Labels): Boundary[] {
  const { networks, ports } = captureLines(sidecar);
  return [
    ...(networks.length === 0 ? [] : [{ to: destination([], networks), ports: [] }]),
    ...ports.map((port): Boundary => ({ to: { any: true, names: [], networks: [] }, ports: [tcpPort(port)] })),
  ];
}

/** Pods and nodes are inside. */
function ofSlice({ endpoints, ports }: EndpointSlice): Boundary[] {
  const given = endpoints.filter(({ targetRef }) => targetRef === undefined).flatMap(({ addresses }) => addresses);
  return given.length === 0
    ? []
    : [{ to: destination([], given), ports: ports.flatMap(({ port }) => (port === undefined ? [] : [tcpPort(port)])) }];
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
