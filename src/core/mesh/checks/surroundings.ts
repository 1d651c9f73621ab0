import { hostsMeet } from '../host.ts';
import type { GatewayPods } from '../listeners.ts';
import type { MeshConfig } from '../objects/config.ts';
import type { Identity } from '../objects/fields.ts';
import { fullHost } from '../registry.ts';
import { gatewaysOf } from '../routes.ts';
import { labelsMatch } from '../scope.ts';
import { selects } from '../selector.ts';
import { flaw, type CheckContext, type Flaw, type MeshCheck } from './check.ts';

export const surroundingChecks: readonly MeshCheck[] = [
  {
    id: 'S24',
    title: 'Network policies lead clients to the gateway, the gateway out, and nobody around it',
    severity: 'error',
    fix: 'Isolate the namespace for egress, with rules for cluster DNS, istiod and the target ports of the gateway.',
    find: networkFaults,
  },
  {
    id: 'S25',
    title: 'No object of others touches our hosts and gateways',
    severity: 'warning',
    fix: 'Remove it, or take its hosts into the intent; keep others from writing such objects by admission control.',
    find: foreign,
  },
  {
    id: 'S30',
    title: 'The settings of the mesh are those that the objects rely on',
    severity: 'error',
    fix: 'Change the MeshConfig, or the flags of istiod.',
    find: ({ snapshot }) => settings(snapshot.config).map((message) => flaw({ id: 'MeshConfig' }, '', message)),
  },
];

/** Namespaces that our ServiceEntries are granted to. */
export function clientNamespaces({ snapshot, isOurs }: CheckContext): readonly string[] {
  const granted = snapshot.serviceEntries.filter(isOurs).flatMap(({ exportTo }) => exportTo);
  return [...new Set(granted)].filter((name) => !['.', '*', '~'].includes(name)).sort();
}

/** TEST-NET-2 of RFC 5737: public, and of nobody. */
const somewhere = { kind: 'outside', host: undefined, address: '198.51.100.1' } as const;

function networkFaults(context: CheckContext): readonly Flaw[] {
  const { gateways, world } = context;
  const { network } = world;
  const clients = clientNamespaces(context).flatMap((namespace) => {
    const on = { id: `Namespace/${namespace}` };
    const pod = network.podEnd({ namespace, labels: {}, addresses: undefined, namedPorts: undefined });
    const around = network.connects(pod, somewhere, { port: 443, protocol: 'TCP' }).allowed !== 'no';
    const barred = gateways.flatMap((each) => {
      const end = network.podEnd({ ...each, addresses: undefined });
      return [...each.listeners.keys()]
        .filter((port) => network.connects(pod, end, { port, protocol: 'TCP' }).allowed === 'no')
        .map((port) => flaw(on, '', `its pods may not connect to port ${port} of the pods of ${each.service.id}`));
    });
    return [...(around ? [flaw(on, '', 'its pods may go straight out, around the gateway')] : []), ...barred];
  });
  return [...clients, ...gateways.flatMap((each) => gatewayNeeds(context, each))];
}

/** What the pods of a gateway cannot do without: the outside, cluster DNS, and istiod. */
function gatewayNeeds({ world: { network }, snapshot }: CheckContext, pods: GatewayPods): readonly Flaw[] {
  const from = network.podEnd({ ...pods, addresses: undefined });
  const peer = (namespace: string, labels: Readonly<Record<string, string>>): ReturnType<typeof network.podEnd> =>
    network.podEnd({ namespace, labels, addresses: undefined, namedPorts: undefined });
  const dns = network.connects(from, peer('kube-system', { 'k8s-app': 'kube-dns' }), { port: 53, protocol: 'UDP' });
  const istiod = network.connects(from, peer(snapshot.config.rootNamespace, { istio: 'pilot', app: 'istiod' }), {
    port: 15012,
    protocol: 'TCP',
  });
  const closed = [...new Set([...pods.listeners.keys()])].filter(
    (port) => network.connects(from, somewhere, { port, protocol: 'TCP' }).allowed === 'no',
  );
  const metadata = { kind: 'outside', host: undefined, address: '169.254.169.254' } as const;
  const isLoose = network.connects(from, metadata, { port: 80, protocol: 'TCP' }).allowed !== 'no';
  return [
    ...(isLoose ? [flaw(pods.service, '', 'its pods may reach private addresses, such as the metadata service')] : []),
    ...(dns.allowed === 'no' ? [flaw(pods.service, '', 'its pods may not ask cluster DNS')] : []),
    ...(istiod.allowed === 'no' ? [flaw(pods.service, '', 'its pods may not reach istiod')] : []),
    ...(closed.length > 0 && closed.length === pods.listeners.size
      ? [flaw(pods.service, '', 'its pods may not leave the cluster')]
      : []),
  ];
}

function foreign(context: CheckContext): readonly Flaw[] {
  const { snapshot, isOurs, gateways } = context;
  const theirs = <T extends Identity>(objects: readonly T[]): readonly T[] =>
    objects.filter((object) => !isOurs(object));
  const hosts = snapshot.serviceEntries.filter(isOurs).flatMap((entry) => entry.hosts);
  const ours = new Set(snapshot.gateways.filter(isOurs).map(({ namespace, name }) => `${namespace}/${name}`));
  const sidecars = new Set(snapshot.sidecars.filter(isOurs).map(({ namespace }) => namespace));
  const places = gateways.map(
    ({ service }) => `${service.name}.${service.namespace}.svc.${snapshot.config.domainSuffix}`,
  );
  const meets = (host: string): boolean => hosts.some((own) => hostsMeet(own, host));
  const onPods = (labels: Readonly<Record<string, string>>, namespace?: string): boolean =>
    gateways.some(
      (pods) => (namespace === undefined || namespace === pods.namespace) && labelsMatch(labels, pods.labels),
    );
  const root = snapshot.config.rootNamespace;
  return [
    ...theirs(snapshot.serviceEntries)
      .filter((entry) => entry.hosts.some(meets))
      .map((it) => flaw(it, 'spec.hosts', 'registers a host of ours')),
    ...theirs(snapshot.virtualServices)
      .filter((it) => it.hosts.some(meets) || gatewaysOf(it).some((name) => ours.has(name)))
      .map((it) => flaw(it, 'spec', 'routes a host or a gateway of ours')),
    ...theirs(snapshot.destinationRules)
      .filter(
        (it) =>
          meets(it.host) || places.some((place) => hostsMeet(fullHost(it.host, it.namespace, snapshot.config), place)),
      )
      .map((it) => flaw(it, 'spec.host', 'is about a host or a gateway of ours')),
    ...theirs(snapshot.gateways)
      .filter(({ selector }) => onPods(selector))
      .map((it) => flaw(it, 'spec.selector', 'selects the pods of a gateway of ours')),
    ...theirs(snapshot.sidecars)
      .filter(({ namespace }) => sidecars.has(namespace))
      .map((it) => flaw(it, '', 'is in a namespace whose Sidecar is ours')),
    ...theirs(snapshot.authorizationPolicies)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace === root ? undefined : it.namespace))
      .map((it) => flaw(it, 'spec.selector', 'judges the connections of a gateway of ours')),
    ...theirs(snapshot.peerAuthentications)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace))
      .map((it) => flaw(it, 'spec.mtls', 'is about the pods of a gateway of ours')),
    ...theirs(snapshot.telemetries)
      .filter((it) => onPods(it.selector?.matchLabels ?? {}, it.namespace))
      .map((it) => flaw(it, 'spec', 'decides what a gateway of ours logs')),
    ...theirs(snapshot.networkPolicies)
      .filter(
        (it) =>
          it.egress !== undefined &&
          gateways.some((pods) => pods.namespace === it.namespace && selects(it.podSelector, pods.labels)),
      )
      .map((it) => flaw(it, 'spec.egress', 'adds to where the pods of a gateway of ours may go')),
    ...theirs(snapshot.opaque)
      .filter(
        ({ kind, selects: labels, namespace }) =>
          kind === 'EnvoyFilter' && onPods(labels ?? {}, namespace === root ? undefined : namespace),
      )
      .map((it) => flaw(it, '', 'rewrites a gateway of ours')),
    ...theirs(snapshot.routes)
      .filter((it) => it.hostnames.some(meets))
      .map((it) => flaw(it, 'spec.hostnames', 'routes a host of ours')),
    ...theirs(snapshot.services)
      .filter(({ externalName }) => externalName !== undefined && meets(externalName))
      .map((it) => flaw(it, 'spec.externalName', 'is another name for a host of ours')),
  ];
}

function settings(config: MeshConfig): readonly string[] {
  const { outboundTrafficPolicy, serviceEntryVisibility, version } = config;
  return [
    ...(outboundTrafficPolicy === 'REGISTRY_ONLY'
      ? []
      : [`outboundTrafficPolicy is ${outboundTrafficPolicy}: pods without a Sidecar reach every host`]),
    ...(serviceEntryVisibility === 'PUBLIC'
      ? []
      : ['serviceEntryVisibility hides our ServiceEntries from ambient workloads, whose flows then go straight out']),
    ...(isOlder(version, [1, 22]) ? [`Istio ${version} does not serve networking.istio.io/v1`] : []),
  ];
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [own, next] = version.split('.').map(Number);
  if (own === undefined || next === undefined || Number.isNaN(own) || Number.isNaN(next)) return false;
  return own < major || (own === major && next < minor);
}
