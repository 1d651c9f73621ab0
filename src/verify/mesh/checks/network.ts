import type { Labels } from '../../../core/model/snapshot.ts';
import { HostIndex } from '../registry/host.ts';
import { serverHosts, type GatewayPods } from '../proxies/listeners.ts';
import type { NetworkPolicy } from '../../network/kubernetes/objects.ts';
import { selects } from '../../values/selector.ts';
import { flaw, type CheckContext, type Flaw } from './check.ts';

/** Namespaces that our ServiceEntries are granted to. */
function clientNamespaces({ snapshot, isOurs }: CheckContext): readonly string[] {
  const granted = snapshot.serviceEntries.filter(isOurs).flatMap(({ exportTo }) => exportTo);
  return [...new Set(granted)].filter((name) => !['.', '*', '~'].includes(name)).sort();
}

/** TEST-NET-2 of RFC 5737: public, and of nobody. */
const somewhere = { kind: 'outside', host: undefined, address: '198.51.100.1' } as const;

/** A port of the pods of a gateway that serves a host. */
interface GatewayListener {
  readonly pods: GatewayPods;
  readonly port: number;
}

export function networkFaults(context: CheckContext): readonly Flaw[] {
  const { gateways, world } = context;
  const { network } = world;
  const servers = new HostIndex(listenersOf(gateways), ({ hosts }) => hosts);
  const clients = clientNamespaces(context).flatMap((namespace) => {
    const on = { id: `Namespace/${namespace}` };
    const pod = network.podEnd({ namespace, labels: {}, addresses: undefined, namedPorts: undefined });
    const bypasses = network.connects(pod, somewhere, { port: 443, protocol: 'TCP' }).allowed !== 'no';
    const wanted = hostsOf(context, namespace).flatMap((host) => servers.covering(host).flat());
    const blocked = distinct(wanted)
      .filter(({ pods, port }) => {
        const end = network.podEnd({ ...pods, addresses: undefined });
        return network.connects(pod, end, { port, protocol: 'TCP' }).allowed === 'no';
      })
      .map(({ pods, port }) =>
        flaw(on, '', `its pods cannot connect to port ${port} of the pods of ${pods.service.id}`),
      );
    return [...(bypasses ? [flaw(on, '', 'its pods may leave the cluster without the gateway')] : []), ...blocked];
  });
  return [...clients, ...gateways.flatMap((each) => gatewayNeeds(context, each))];
}

function listenersOf(
  gateways: readonly GatewayPods[],
): readonly (GatewayListener & { readonly hosts: readonly string[] })[] {
  return gateways.flatMap((pods) =>
    [...pods.listeners].map(([port, { servers }]) => {
      return { pods, port, hosts: servers.flatMap(({ server }) => serverHosts(server)) };
    }),
  );
}

function distinct(listeners: readonly GatewayListener[]): readonly GatewayListener[] {
  return [...new Map(listeners.map((each) => [`${each.pods.service.id} ${each.port}`, each])).values()];
}

/** Hosts that a namespace is granted. */
function hostsOf({ snapshot, isOurs }: CheckContext, namespace: string): readonly string[] {
  const granted = snapshot.serviceEntries.filter((entry) => isOurs(entry) && entry.exportTo.includes(namespace));
  return granted.flatMap(({ hosts }) => hosts);
}

/** The destination ports of the hosts that a gateway serves. */
function portsOutside({ snapshot, isOurs }: CheckContext, pods: GatewayPods): readonly number[] {
  const listened = new HostIndex(listenersOf([pods]), ({ hosts }) => hosts);
  const entries = snapshot.serviceEntries.filter(
    (entry) => isOurs(entry) && entry.hosts.some((host) => listened.covering(host).length > 0),
  );
  return [...new Set(entries.flatMap(({ ports }) => ports.map(({ number, targetPort = number }) => targetPort)))];
}

/** The pods of a gateway need the outside, cluster DNS and istiod, and must not reach private addresses. */
function gatewayNeeds(context: CheckContext, pods: GatewayPods): readonly Flaw[] {
  const { snapshot, world } = context;
  const { network } = world;
  const from = network.podEnd({ ...pods, addresses: undefined });
  const peer = (namespace: string, labels: Readonly<Record<string, string>>): ReturnType<typeof network.podEnd> =>
    network.podEnd({ namespace, labels, addresses: undefined, namedPorts: undefined });
  const dns = network.connects(from, peer('kube-system', { 'k8s-app': 'kube-dns' }), { port: 53, protocol: 'UDP' });
  const istiod = network.connects(from, peer(snapshot.config.rootNamespace, { istio: 'pilot', app: 'istiod' }), {
    port: 15012,
    protocol: 'TCP',
  });
  const wanted = portsOutside(context, pods);
  const isClosed = wanted.every(
    (port) => network.connects(from, somewhere, { port, protocol: 'TCP' }).allowed === 'no',
  );
  const metadata = { kind: 'outside', host: undefined, address: '169.254.169.254' } as const;
  const reachesPrivate = network.connects(from, metadata, { port: 80, protocol: 'TCP' }).allowed !== 'no';
  return [
    ...(reachesPrivate
      ? [flaw(pods.service, '', 'its pods may reach private addresses, such as the metadata service')]
      : []),
    ...(dns.allowed === 'no' ? [flaw(pods.service, '', 'its pods cannot reach cluster DNS')] : []),
    ...(istiod.allowed === 'no' ? [flaw(pods.service, '', 'its pods cannot reach istiod')] : []),
    ...(wanted.length > 0 && isClosed ? [flaw(pods.service, '', 'its pods cannot leave the cluster')] : []),
  ];
}

/**
 * Network policies add up: a foreign one allows more than ours. Where there is none of ours, a foreign one is no fault.
 */
export function foreignNetworkPolicies(context: CheckContext): readonly Flaw[] {
  const { snapshot, isOurs, gateways } = context;
  const closed = (namespace: string, labels: Labels): boolean =>
    snapshot.networkPolicies.some(
      (it) =>
        isOurs(it) &&
        it.namespace === namespace &&
        it.policyTypes.includes('Egress') &&
        selects(it.podSelector, labels),
    );
  const clients = clientNamespaces(context);
  const opensOutside = ({ egress }: NetworkPolicy): boolean =>
    egress.some(({ to }) => to.length === 0 || to.some(({ ipBlock }) => ipBlock !== undefined));
  return snapshot.networkPolicies
    .filter((it) => it.policyTypes.includes('Egress') && !isOurs(it))
    .flatMap((it) => {
      const atGateway = gateways.some(
        ({ namespace, labels }) =>
          namespace === it.namespace && selects(it.podSelector, labels) && closed(namespace, labels),
      );
      if (atGateway) return [flaw(it, 'spec.egress', 'lets the pods of one of our gateways reach more destinations')];
      const isClient = clients.includes(it.namespace) && closed(it.namespace, {});
      return isClient && opensOutside(it)
        ? [flaw(it, 'spec.egress', 'lets its pods leave the cluster without the gateway')]
        : [];
    });
}
