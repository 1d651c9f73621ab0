import type { GroupSubject } from '../../src/core/model/desired.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { canonicalCidr } from '../../src/net/cidr.ts';
import type { Ports } from '../../src/core/destinations/ports.ts';
import type { NetworkPolicyConfig } from './config.ts';
import { inOrder } from './native.ts';
import type { Reach } from './reach.ts';

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
const nameLabel = 'kubernetes.io/metadata.name';
/** https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio */
const controlPlanePort = 15012;
const tunnelPort = 15008;

type Pods = Pick<NetworkPolicyConfig['controlPlane'], 'namespace' | 'labels'>;

/** Closes a namespace, but for what everything in it needs. */
export function baselineSpec(namespace: string, config: NetworkPolicyConfig): JsonObject {
  const { dns, mesh, controlPlane, gateways, inCluster, always } = config;
  const egress = dns.map(resolverRule);
  if (mesh === 'sidecar') egress.push(rule([peer(controlPlane)], [port(controlPlanePort, 'TCP')]));
  for (const { namespaces, ports, ...pods } of gateways) {
    if (namespaces !== undefined && !namespaces.includes(namespace)) continue;
    const reached = mesh === 'ambient' ? [...ports, tunnelPort] : ports;
    egress.push(rule([peer(pods)], inOrder([...new Set(reached)].map((number) => port(number, 'TCP')))));
  }
  if (inCluster === 'cluster') egress.push(rule([{ namespaceSelector: {} }], []));
  if (inCluster === 'namespace') egress.push(rule([{ podSelector: {} }], []));
  for (const { networks, ports } of always) egress.push(rule(networks.map(block), ports.map(portOf)));
  return { podSelector: {}, policyTypes: ['Egress'], egress: inOrder(egress) };
}

function resolverRule({ namespace, labels, addresses, ports }: NetworkPolicyConfig['dns'][number]): JsonObject {
  const pods = namespace === undefined || labels === undefined ? [] : [peer({ namespace, labels })];
  const both = ports.flatMap((number) => [port(number, 'TCP'), port(number, 'UDP')]);
  return rule([...pods, ...addresses.map(block)], both);
}

/** Opens networks to pods. */
export function grantSpec(podSelector: GroupSubject['podSelector'], reaches: readonly Reach[]): JsonObject {
  const egress = reaches.map(({ networks, ports }) => rule(networks.map(block), portsOf(ports)));
  return { podSelector: selector(podSelector), policyTypes: ['Egress'], egress: inOrder(egress) };
}

/** An empty `to` would be everywhere, so there is none: every caller has peers. No ports are all ports. */
function rule(to: readonly JsonObject[], ports: readonly JsonObject[]): JsonObject {
  return { to: inOrder(to), ...(ports.length > 0 && { ports: inOrder(ports) }) };
}

function peer({ namespace, labels }: Pods): JsonObject {
  return {
    namespaceSelector: { matchLabels: { [nameLabel]: namespace } },
    podSelector: Object.keys(labels).length > 0 ? { matchLabels: labels } : {},
  };
}

function block(cidr: string): JsonObject {
  return { ipBlock: { cidr: canonicalCidr(cidr) ?? cidr } };
}

function portsOf(ports: Ports): JsonObject[] {
  return ports.map(portOf);
}

function portOf({ port: first, protocol, endPort }: Ports[number]): JsonObject {
  return { ...port(first, protocol), ...(endPort !== undefined && { endPort }) };
}

function port(number: number, protocol: Ports[number]['protocol']): JsonObject {
  return { port: number, protocol };
}

/** The API server keeps a selector as it was written, so it is always written the same. */
function selector({ matchLabels, matchExpressions }: GroupSubject['podSelector']): JsonObject {
  return {
    ...(matchLabels && Object.keys(matchLabels).length > 0 && { matchLabels }),
    ...(matchExpressions &&
      matchExpressions.length > 0 && {
        matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
          key,
          operator,
          ...(values && values.length > 0 && { values }),
        })),
      }),
  };
}
