import { width } from '../../../net/address.ts';
import { networkOf } from '../../values/networks.ts';
import { isPattern } from '../registry/host.ts';
import type { ServiceEntry } from '../objects/traffic.ts';
import { readAllocation } from '../registry/allocation.ts';
import { flaw, repeated, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

export const entryChecks: readonly MeshCheck[] = [
  {
    id: 'S04',
    title: 'Hosts, addresses, endpoints and protocols of a ServiceEntry fit its resolution',
    severity: 'error',
    fix: 'Follow the table of the ServiceEntry reference: DNS for exact names, DYNAMIC_DNS for wildcards, NONE or STATIC for networks.',
    find: ({ snapshot, isOurs }) =>
      snapshot.serviceEntries
        .filter(isOurs)
        .flatMap((entry) =>
          [...resolutionFaults(entry), ...portFaults(entry)].map(([field, text]) => flaw(entry, field, text)),
        ),
  },
  {
    id: 'S05',
    title: 'A ServiceEntry for opaque TCP has one host, and addresses to know it by',
    severity: 'error',
    fix: 'Write one ServiceEntry per host with `addresses`, or switch on DNS capture in the mesh.',
    find: opaqueFaults,
  },
  {
    id: 'S20',
    title: 'A host has one ServiceEntry per plane, and one VirtualService for sidecars',
    severity: 'error',
    fix: 'Merge them into one object; which of several wins is undefined.',
    find: rivals,
  },
];

type Fault = readonly [field: string, message: string];

const dynamicProtocols = ['HTTP', 'HTTP2', 'GRPC', 'TLS'];

function resolutionFaults(entry: ServiceEntry): readonly Fault[] {
  const { hosts, addresses, endpoints, workloadSelector, resolution = 'NONE' } = entry;
  const faults: Fault[] = [];
  const isNetwork = addresses.some(isWide);
  if (hosts.includes('*')) faults.push(['spec.hosts', 'Istio refuses the host "*"']);
  if (resolution.startsWith('DNS')) {
    if (hosts.some(isPattern) && endpoints.length === 0)
      faults.push(['spec.hosts', 'a wildcard cannot be resolved by DNS']);
    if (isNetwork) faults.push(['spec.addresses', 'a network needs resolution NONE or STATIC']);
  }
  if (resolution === 'STATIC' && endpoints.length === 0 && workloadSelector === undefined) {
    faults.push(['spec.endpoints', 'resolution STATIC needs endpoints']);
  }
  if (resolution === 'NONE' && endpoints.length > 0)
    faults.push(['spec.endpoints', 'resolution NONE takes no endpoints']);
  return resolution === 'DYNAMIC_DNS' ? [...faults, ...dynamicFaults(entry)] : faults;
}

function dynamicFaults({ hosts, addresses, endpoints, ports }: ServiceEntry): readonly Fault[] {
  const isSpoken = ports.every(({ protocol = '' }) => dynamicProtocols.includes(protocol));
  return [
    ...(hosts.every(isPattern) ? [] : [['spec.hosts', 'DYNAMIC_DNS is for wildcard hosts only'] as const]),
    ...(addresses.length + endpoints.length === 0
      ? []
      : [['spec.addresses', 'DYNAMIC_DNS takes no addresses and no endpoints'] as const]),
    ...(isSpoken ? [] : [['spec.ports', 'DYNAMIC_DNS is for HTTP, HTTP2, GRPC and TLS only'] as const]),
  ];
}

function portFaults({ ports }: ServiceEntry): readonly Fault[] {
  const numbers = repeated(ports.map(({ number }) => number));
  const names = repeated(ports.map(({ name }) => name));
  return [
    ...(ports.length === 0 || ports.length > 256
      ? [['spec.ports', `has ${ports.length} ports; Istio accepts 1 to 256`] as const]
      : []),
    ...numbers.map((number) => ['spec.ports', `port ${number} is listed twice`] as const),
    ...names.map((name) => ['spec.ports', `the port name ${name ?? '(none)'} is used twice`] as const),
  ];
}

function isWide(text: string): boolean {
  const network = networkOf(text);
  return network !== undefined && network.prefix < width[network.family];
}

function opaqueFaults({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const isNamedByDns = snapshot.config.dnsCapture && readAllocation(snapshot) !== 'no';
  return snapshot.serviceEntries.filter(isOurs).flatMap((entry) => {
    const { ports, hosts, addresses, labels } = entry;
    if (!ports.some(({ protocol }) => protocol === 'TCP')) return [];
    if (hosts.length !== 1)
      return [flaw(entry, 'spec.hosts', `a ServiceEntry for TCP needs exactly one host, and has ${hosts.length}`)];
    const isAmbient = labels['istio.io/use-waypoint'] !== undefined;
    const isForRoutesAlone = labels['postern.dev/role'] === 'parent';
    if (addresses.length > 0 || isNamedByDns || isAmbient || isForRoutesAlone) return [];
    return [flaw(entry, 'spec.addresses', 'without addresses it matches all connections to its port')];
  });
}

function rivals({ snapshot, isOurs }: CheckContext): readonly Flaw[] {
  const entries = snapshot.serviceEntries.filter(isOurs).flatMap((entry) => {
    const plane = entry.labels['istio.io/use-waypoint'] === undefined ? 'sidecars' : 'waypoints';
    return entry.hosts.map((host) => ({ object: entry, key: `${host} for ${plane}`, places: placesOf(entry) }));
  });
  const routes = snapshot.virtualServices
    .filter(
      (service) =>
        isOurs(service) && !service.ofRoute && (service.gateways.length === 0 || service.gateways.includes('mesh')),
    )
    .flatMap((service) =>
      service.hosts.map((host) => ({ object: service, key: `${host} for sidecars`, places: everywhere })),
    );
  return [entries, routes].flatMap((claims) =>
    claims.flatMap(({ object, key, places }, index) => {
      const first = claims.findIndex((claim) => claim.key === key && meet(claim.places, places));
      const other = claims[first];
      return first < index && other ? [flaw(object, 'spec.hosts', `${other.object.id} already has ${key}`)] : [];
    }),
  );
}

const everywhere: readonly string[] = ['*'];

/** The namespaces that see an entry. */
function placesOf({ exportTo, namespace }: ServiceEntry): readonly string[] {
  return exportTo.length === 0 ? everywhere : exportTo.map((to) => (to === '.' ? namespace : to));
}

function meet(a: readonly string[], b: readonly string[]): boolean {
  return a.includes('*') || b.includes('*') || a.some((place) => b.includes(place));
}
