import { textsOf } from '../../core/approval/governing.ts';
import type { Port } from '../../api/fields/destination.ts';
import type { ExternalService } from '../../api/kinds.ts';
import type { Destination } from '../../core/model/desired.ts';
import { formatCidr } from '../../net/cidr.ts';
import { canonicalName } from '../../net/name.ts';
import { gatewayNetworks } from '../egress-addresses/calico.ts';
import { egressAddressesIn } from '../egress-addresses/objects.ts';
import type { MeshTarget } from '../mesh/answer.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import type { DeviceTable } from '../../core/model/table.ts';
import { networksOf } from '../values/networks.ts';
import { groupByKind } from '../values/objects.ts';

/** Where something that decides draws a line: destinations and ports that it may treat unlike all others. */
export interface Boundary {
  readonly to: Destination;
  /** Empty: every port. */
  readonly ports: readonly Pick<Port, 'port' | 'endPort' | 'protocol'>[];
  /** What applications speak there, where somebody says so. */
  readonly speaks?: MeshTarget['appProtocol'];
}

interface Written {
  readonly domainNames?: readonly string[] | undefined;
  readonly networks?: readonly string[] | undefined;
}

/** Every line that policies and services draw. */
export function boundariesOfIntent(snapshot: Snapshot): Boundary[] {
  const { externalServices, clusterEgressPolicies } = snapshot;
  const services = new Map(externalServices.map(({ metadata, spec }) => [metadata.name, spec]));
  const entries = [
    ...textsOf(snapshot).flatMap(({ spec }) => spec.to),
    ...clusterEgressPolicies.flatMap(({ spec }) => spec.egress.flatMap(({ to }) => to)),
  ];
  return [
    ...externalServices.flatMap(({ spec }) => boundariesOfService(spec)),
    ...entries.flatMap(({ externalService, ports, ...inline }) => {
      const service = externalService === undefined ? undefined : services.get(externalService);
      const written = externalService === undefined ? inline : service;
      return written === undefined ? [] : perPort(written, spokenTo(service, ports));
    }),
  ];
}

export function boundariesOfService(spec: ExternalService['spec']): Boundary[] {
  return perPort(spec, spokenTo(spec, spec.ports));
}

/** Where the mesh makes the TLS, applications speak HTTP: to port 80 what leaves for 443, else to the port itself. */
function spokenTo(
  service: { readonly tls?: string | undefined } | undefined,
  ports: readonly Port[] | undefined,
): readonly Port[] | undefined {
  if (service?.tls !== 'Originate') return ports;
  return ports?.flatMap((port) => {
    const http = { ...port, appProtocol: 'http' as const };
    return port.port === 443 ? [port, { ...http, port: 80 }] : [http];
  });
}

function perPort({ domainNames = [], networks = [] }: Written, ports: readonly Port[] | undefined): Boundary[] {
  const to = { any: false, names: domainNames.flatMap((name) => canonicalName(name) ?? []), networks };
  if (ports === undefined || ports.length === 0) return [{ to, ports: [] }];
  return ports.map(({ appProtocol, ...port }) => {
    const speaks = appProtocol === 'https' ? 'tls' : appProtocol;
    return { to, ports: [port], ...(speaks !== undefined && { speaks }) };
  });
}

/** Every line at which pods begin to leave through other gateways, or under other addresses. */
export function boundariesOfGateways({ egressSources = [] }: Snapshot): Boundary[] {
  const objects = egressSources.map(({ object }) => object);
  const ofAddresses = egressAddressesIn(objects, { namespaces: [], pods: [] }).flatMap(({ destinations, past = [] }) =>
    networksOf([...destinations, ...past]).map(formatCidr),
  );
  return [...gatewayNetworks(groupByKind(objects)), ...ofAddresses].map((network) => ({
    to: { any: false, names: [], networks: [network] },
    ports: [],
  }));
}

/** Every line that the rules of a device draw. */
export function boundariesOfTable({ rules }: DeviceTable): Boundary[] {
  return rules.map(({ destination, ports }) => ({ to: destination, ports }));
}

/** Those that differ. */
export function distinct(extents: readonly Boundary[]): readonly Boundary[] {
  return [...new Map(extents.map((extent) => [keyOf(extent), extent])).values()];
}

function keyOf({ to, ports, speaks }: Boundary): string {
  const ranges = ports.map(({ port, endPort = port, protocol }) => `${protocol}${port}-${endPort}`);
  return [to.any ? 'any' : '', to.names.join(), to.networks.join(), ranges.join(), speaks ?? ''].join(' ');
}
