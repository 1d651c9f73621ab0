import { z } from 'zod';
import { grouped } from '../../../core/model/grouped.ts';
import type { Labels, Pod } from '../../../core/model/snapshot.ts';
import { list, maybe, namespaced, portNumber, text } from '../../values/fields.ts';
import { readKind } from '../../values/objects.ts';
import { hasEnded } from '../../values/pods.ts';
import { lazily } from '../../../core/model/lazily.ts';
import { namespaceLabelsIn, selects } from '../../values/selector.ts';
import type { End, NamedPorts, PodEnd, Wire } from './ends.ts';
import type { NetworkObjects } from '../objects.ts';
import { readServices, type ServiceBehind } from './services.ts';

/** What policies refer to: who has which address, and what stands behind names. */
export interface NetworkCluster {
  /** A pod out of what is known of it; the labels of its namespace and its ServiceAccount are looked up. */
  readonly podEnd: (pod: KnownPod) => PodEnd;
  /** Who has an address: a pod, a node, the pods behind a Service, or somebody outside. */
  readonly endsOf: (address: string, wire: Wire) => readonly Reached[];
  /** Which has an address that leads to it from within the cluster: of several with one address, that with the port. */
  readonly serviceAt: (address: string, wire: Wire) => ServiceBehind | undefined;
  /** Pods, nodes and others to which a Service leads. */
  readonly behind: (service: ServiceBehind) => readonly End[];
  readonly service: (namespace: string, name: string) => ServiceBehind | undefined;
  readonly services: readonly ServiceBehind[];
  /** Addresses of the API server: the endpoints of Service `default/kubernetes`. */
  readonly apiServer: ReadonlySet<string>;
  readonly namespaceLabels: (name: string) => Labels;
}

export interface KnownPod extends Pick<
  PodEnd,
  'namespace' | 'labels' | 'secondaryNetwork' | 'addresses' | 'namedPorts'
> {
  /** Absent: `default`. */
  readonly serviceAccount?: string | undefined;
  readonly node?: string | undefined;
  readonly hostNetwork?: boolean | undefined;
}

/** Where a flow ends up, and on which port there. */
export interface Reached {
  readonly end: End;
  readonly wire: Wire;
}

const container = z.object({
  ports: list(z.object({ name: maybe(text), containerPort: portNumber, protocol: maybe(text) })),
});
const podPorts = namespaced('Pod', z.object({ containers: list(container), initContainers: list(container) }));
const account = namespaced('ServiceAccount', z.object({}));
export function readCluster(objects: NetworkObjects): NetworkCluster {
  const { byKind, namespaces, pods } = objects;
  const namespaceLabels = namespaceLabelsIn(namespaces);
  const accounts = new Map(
    readKind(byKind, '/ServiceAccount', account).objects.map((one) => [`${one.namespace}/${one.name}`, one.labels]),
  );
  const ports = namedPortsOf(objects);
  const services = readServices(objects);
  const podEnd: NetworkCluster['podEnd'] = ({ serviceAccount = 'default', hostNetwork = false, node, ...pod }) => ({
    kind: 'pod',
    ...pod,
    namespaceLabels: namespaceLabels(pod.namespace),
    serviceAccount,
    accountLabels: accounts.get(`${pod.namespace}/${serviceAccount}`) ?? (accounts.size > 0 ? {} : undefined),
    node,
    hostNetwork,
  });
  const endOfPod = (pod: Pod, address: string): PodEnd =>
    podEnd({
      ...pod,
      addresses: [address],
      namedPorts: ports === undefined ? undefined : (ports.get(`${pod.namespace}/${pod.name}`) ?? {}),
    });
  const directly = endAt(objects, endOfPod);
  const behind: NetworkCluster['behind'] = ({ namespace, selector, endpoints: listed }) => {
    if (Object.keys(selector).length === 0) return listed.map(directly);
    const isBehind = (pod: Pod): boolean =>
      pod.namespace === namespace && selects({ matchLabels: selector }, pod.labels);
    return pods
      .filter((pod) => isBehind(pod) && !hasEnded(pod))
      .flatMap((pod) => pod.addresses.slice(0, 1).map(directly));
  };
  const called = grouped(services.flatMap((one) => one.addresses.map((address) => [address, one] as const)));
  const serviceAt: NetworkCluster['serviceAt'] = (address, { port, protocol }) => {
    const those = called.get(address);
    return (
      those?.find(({ ports }) => ports.some((one) => one.port === port && one.protocol === protocol)) ?? those?.[0]
    );
  };
  const endsOf: NetworkCluster['endsOf'] = (address, wire) => {
    const service = serviceAt(address, wire);
    const port = service?.ports.find((one) => one.port === wire.port && one.protocol === wire.protocol);
    if (service === undefined || port === undefined) return [{ end: directly(address), wire }];
    const ends = behind(service).flatMap((end) => targetsOf(end, port, { ...wire, service: address }));
    return ends.length > 0 ? ends : [{ end: directly(address), wire: { ...wire, service: address } }];
  };
  return {
    podEnd,
    endsOf,
    services,
    serviceAt,
    behind,
    service: (namespace, name) => services.find((one) => one.namespace === namespace && one.name === name),
    apiServer: new Set(
      services.find(({ namespace, name }) => namespace === 'default' && name === 'kubernetes')?.endpoints,
    ),
    namespaceLabels,
  };
}

/** Who has an address itself: a pod, a node, or somebody outside. */
function endAt(
  { pods, nodes }: NetworkObjects,
  endOfPod: (pod: Pod, address: string) => PodEnd,
): (address: string) => End {
  const podAt = lazily(() => podsByAddress(pods));
  const nodeAt = new Map(nodes.flatMap((node) => node.addresses.map((address) => [address, node] as const)));
  return (address) => {
    const [pod, node] = [podAt().get(address), nodeAt.get(address)];
    if (pod) return endOfPod(pod, address);
    if (node) return { kind: 'node', name: node.name, labels: node.labels, address };
    return { kind: 'outside', host: undefined, address };
  };
}

/** Of several that claim an address the last. */
function podsByAddress(pods: readonly Pod[]): ReadonlyMap<string, Pod> {
  const there = pods.filter((pod) => !pod.hostNetwork && !hasEnded(pod));
  return new Map(there.flatMap((pod) => pod.addresses.map((address) => [address, pod] as const)));
}

function targetsOf(
  end: End,
  { port, targetPort = port, protocol }: ServiceBehind['ports'][number],
  wire: Wire,
): readonly Reached[] {
  if (typeof targetPort === 'number') return [{ end, wire: { ...wire, port: targetPort } }];
  const named = end.kind === 'pod' ? end.namedPorts?.[targetPort] : undefined;
  return named?.protocol !== protocol ? [] : [{ end, wire: { ...wire, port: named.port } }];
}

function namedPortsOf({ byKind }: NetworkObjects): ReadonlyMap<string, NamedPorts> | undefined {
  if (!byKind.has('/Pod')) return undefined;
  const { objects } = readKind(byKind, '/Pod', podPorts);
  return new Map(
    objects.map(({ namespace, name, containers, initContainers }) => [
      `${namespace}/${name}`,
      portsByName([...containers, ...initContainers]),
    ]),
  );
}

export function portsByName(containers: readonly z.output<typeof container>[]): NamedPorts {
  const named = containers.flatMap(({ ports }) =>
    ports.flatMap(({ name, containerPort: port, protocol = 'TCP' }) =>
      name ? [[name, { port, protocol }] as const] : [],
    ),
  );
  return Object.fromEntries(named);
}
