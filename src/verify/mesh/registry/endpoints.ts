import type { Labels } from '../../../core/model/snapshot.ts';
import { byAge } from './age.ts';
import type { EndpointSlice, Service } from '../objects/cluster.ts';
import type { MeshSnapshot } from '../objects/snapshot.ts';
import type { ServiceEntry } from '../objects/traffic.ts';
import { lazily } from '../../../core/model/lazily.ts';
import { selects } from '../../values/selector.ts';

/** Where connections to a service go, when not to its host: an address, or a name that the proxy resolves. */
export interface Endpoint {
  readonly at: string;
  /** The ports of the service that it is an endpoint of. */
  readonly ports: readonly EndpointPort[];
  /** The object that says so. */
  readonly by: string;
  /** By which subsets choose. */
  readonly labels: Labels;
  /** Another network than that of the cluster: reached by a gateway of that, if at all. */
  readonly network?: string | undefined;
}

interface EndpointPort {
  readonly name: string;
  /** Absent: the port is known by its name alone. */
  readonly number?: number | undefined;
  /** On the endpoint. */
  readonly to: number;
}

/** The port of an endpoint that a port of the service leads to: istiod goes by the name, and by the number for what is resolved. */
export function endpointPort(
  { ports }: Endpoint,
  { name, number }: Pick<EndpointPort, 'name' | 'number'>,
  resolution: string,
): number | undefined {
  const isResolved = resolution.startsWith('DNS');
  return ports.find((port) => (isResolved ? port.number === number : port.name === name))?.to;
}

export interface Endpoints {
  /** Without its pods: what EndpointSlices and WorkloadEntries of others add to them. */
  readonly ofService: (service: Service) => readonly Endpoint[];
  /** Of one host of a ServiceEntry. */
  readonly ofEntry: (entry: ServiceEntry, host: string) => readonly Endpoint[];
}

/**
 * Where services lead by what others write. Anybody may put an address outside of the cluster behind a Service, by an
 * EndpointSlice with its name or by a WorkloadEntry with the labels that it selects; and ServiceEntries of one namespace
 * for one host share the endpoints of the ports that they have in common, whatever else they say.
 */
export function readEndpoints(snapshot: MeshSnapshot): Endpoints {
  const { endpointSlices, workloadEntries, serviceEntries } = snapshot;
  const { pods, nodes } = snapshot.network;
  const inside = lazily(() => new Set([...pods, ...nodes].flatMap(({ addresses }) => addresses)));
  const bySlice = grouped(endpointSlices, ({ namespace, labels }) => [
    `${namespace}/${labels['kubernetes.io/service-name'] ?? ''}`,
  ]);
  const byHost = grouped(serviceEntries, ({ namespace, hosts }) => hosts.map((host) => `${namespace}/${host}`));
  const selected = (namespace: string, matchLabels: Labels, usual: Endpoint['ports']): readonly Endpoint[] =>
    workloadEntries
      .filter((one) => one.namespace === namespace && selects({ matchLabels }, one.workloadLabels))
      .map(({ id, address = '', ports = {}, workloadLabels, network }) => {
        return { at: address, ports: ofEach(usual, ports), by: id, labels: workloadLabels, network };
      });
  const own = ({ id, namespace, endpoints, workloadSelector, ...entry }: ServiceEntry): readonly Endpoint[] => {
    const usual = entryPorts(entry);
    return [
      ...endpoints.flatMap(({ address: at, ports = {}, labels, network }) =>
        at === undefined ? [] : [{ at, ports: ofEach(usual, ports), by: id, labels, network }],
      ),
      ...(workloadSelector === undefined ? [] : selected(namespace, workloadSelector.labels, usual)),
    ];
  };
  return {
    ofService: ({ namespace, name, selector, ports }) => [
      ...(isApiServer(namespace, name) ? [] : (bySlice.get(`${namespace}/${name}`) ?? []))
        .flatMap(outsideOf)
        .filter(({ at }) => !inside().has(at)),
      ...(Object.keys(selector).length === 0 ? [] : selected(namespace, selector, servicePorts(ports))),
    ],
    ofEntry: (entry, host) => {
      if (isUnresolved(entry)) return [];
      const sharing = byHost.get(`${entry.namespace}/${host}`) ?? [];
      if (sharing.length < 2) return own(entry);
      const taken = new Set<number>();
      return [...sharing].sort(byAge).flatMap((one) => {
        if (isUnresolved(one)) return [];
        const given = own(one);
        const all: readonly Endpoint[] =
          given.length > 0 || one.resolution === 'STATIC'
            ? given
            : [{ at: host, ports: entryPorts(one), by: one.id, labels: {} }];
        // Of DNS_ROUND_ROBIN there is to be one: that of a port is left out where an older entry has any.
        const isLeftOut = ({ number = 0 }: EndpointPort): boolean =>
          one.resolution === 'DNS_ROUND_ROBIN' && taken.has(number);
        const kept = all.map((endpoint) => ({ ...endpoint, ports: endpoint.ports.filter((port) => !isLeftOut(port)) }));
        for (const { ports } of kept) for (const { number = 0 } of ports) taken.add(number);
        return kept;
      });
    },
  };
}

function entryPorts({ ports }: Pick<ServiceEntry, 'ports'>): Endpoint['ports'] {
  return ports.map(({ name = '', number, targetPort = number }) => ({ name, number, to: targetPort }));
}

/** Of a named target port only the pods know the number. */
function servicePorts(ports: Service['ports']): Endpoint['ports'] {
  return ports.map(({ name = '', port, targetPort }) => ({
    name,
    number: port,
    to: typeof targetPort === 'number' ? targetPort : port,
  }));
}

function ofEach(usual: Endpoint['ports'], given: Readonly<Record<string, number>>): Endpoint['ports'] {
  return usual.map((port) => ({ ...port, to: given[port.name] ?? port.to }));
}

/** Goes wherever the client does, or the name that it says. */
function isUnresolved({ resolution = 'NONE' }: ServiceEntry): boolean {
  return resolution === 'NONE' || resolution === 'DYNAMIC_DNS';
}

/** Pods and nodes are inside. */
function outsideOf({ id, ports, endpoints }: EndpointSlice): readonly Endpoint[] {
  const numbers = ports.flatMap(({ name = '', port }) => (port === undefined ? [] : [{ name, to: port }]));
  return endpoints
    .filter(({ targetRef }) => targetRef === undefined)
    .flatMap(({ addresses }) => addresses.map((at) => ({ at, ports: numbers, by: id, labels: {} })));
}

/** Every cluster has it, and its addresses are those of the control plane. */
function isApiServer(namespace: string, name: string): boolean {
  return namespace === 'default' && name === 'kubernetes';
}

function grouped<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of keysOf(item)) {
      const group = groups.get(key);
      if (group) group.push(item);
      else groups.set(key, [item]);
    }
  }
  return groups;
}
