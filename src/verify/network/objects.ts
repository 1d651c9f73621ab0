import { z } from 'zod';
import { clusterScoped, labels, list, maybe, namespaced, portNumber, text, texts } from '../values/fields.ts';

/* networking.k8s.io NetworkPolicy and policy.networking.k8s.io ClusterNetworkPolicy. */

const operator = z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']);
export const labelSelector = z.object({
  matchLabels: labels,
  matchExpressions: list(z.object({ key: text, operator, values: texts })),
});
export type Selector = z.output<typeof labelSelector>;

const peer = z.object({
  ipBlock: maybe(z.object({ cidr: text, except: texts })),
  namespaceSelector: maybe(labelSelector),
  podSelector: maybe(labelSelector),
});
export type Peer = z.output<typeof peer>;

const policyPort = z.object({
  port: maybe(z.union([portNumber, text])),
  endPort: maybe(portNumber),
  protocol: maybe(text),
});
export type PolicyPort = z.output<typeof policyPort>;

export const networkPolicySchema = namespaced(
  'NetworkPolicy',
  z.object({
    podSelector: labelSelector.nullish().transform((value) => value ?? labelSelector.parse({})),
    policyTypes: texts,
    // Absent and empty differ: an `egress` that is there, even empty, isolates.
    egress: maybe(z.array(z.object({ to: list(peer), ports: list(policyPort) }))),
    ingress: maybe(z.array(z.object({ from: list(peer), ports: list(policyPort) }))),
  }),
);
export type NetworkPolicy = z.output<typeof networkPolicySchema>;

const podPeer = z.object({ namespaceSelector: maybe(labelSelector), podSelector: maybe(labelSelector) });

const clusterPeer = z.object({
  namespaces: maybe(labelSelector),
  pods: maybe(podPeer),
  networks: maybe(z.array(text)),
  domainNames: maybe(z.array(text)),
  nodes: maybe(z.unknown()),
});
export type ClusterPeer = z.output<typeof clusterPeer>;

const range = z.object({ start: portNumber, end: portNumber });
const destinationPort = z.object({
  destinationPort: maybe(z.object({ number: maybe(portNumber), range: maybe(range) })),
});

/** v1alpha1 has `ports`, v1alpha2 `protocols`. */
const clusterRule = z.object({
  name: maybe(text),
  action: text,
  to: list(clusterPeer),
  ports: list(
    z.object({
      portNumber: maybe(z.object({ protocol: maybe(text), port: portNumber })),
      portRange: maybe(range.extend({ protocol: maybe(text) })),
      namedPort: maybe(text),
    }),
  ),
  protocols: list(
    z.object({
      tcp: maybe(destinationPort),
      udp: maybe(destinationPort),
      sctp: maybe(destinationPort),
      destinationNamedPort: maybe(text),
    }),
  ),
});
export type ClusterRule = z.output<typeof clusterRule>;

export const clusterNetworkPolicySchema = clusterScoped(
  'ClusterNetworkPolicy',
  z.object({
    tier: text.nullish().transform((value) => value ?? 'Admin'),
    priority: z.number(),
    subject: z.object({ namespaces: maybe(labelSelector), pods: maybe(podPeer) }),
    egress: list(clusterRule),
  }),
);
export type ClusterNetworkPolicy = z.output<typeof clusterNetworkPolicySchema>;
