import { z } from 'zod';
import { clusterScoped, isCalledDefault, list, maybe, portNumber, text } from '../../values/fields.ts';
import { labelSelector } from '../kubernetes/objects.ts';

/* policy.networking.k8s.io: ClusterNetworkPolicy, and the older AdminNetworkPolicy and BaselineAdminNetworkPolicy. */

const podPeer = z.object({ namespaceSelector: maybe(labelSelector), podSelector: maybe(labelSelector) });

const clusterPeer = z.object({
  namespaces: maybe(labelSelector),
  pods: maybe(podPeer),
  networks: maybe(z.array(text)),
  domainNames: maybe(z.array(text)),
  nodes: maybe(labelSelector),
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
  to: z.array(clusterPeer).min(1),
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

const subject = z
  .object({ namespaces: maybe(labelSelector), pods: maybe(podPeer) })
  .refine(
    ({ namespaces, pods }) => (namespaces === undefined) !== (pods === undefined),
    'the API server takes either namespaces or pods',
  );

const priority = z.number().min(0).max(1000);

export const clusterNetworkPolicySchema = clusterScoped(
  'ClusterNetworkPolicy',
  z.object({
    tier: z
      .enum(['Admin', 'Baseline'])
      .nullish()
      .transform((value) => value ?? 'Admin'),
    priority,
    subject,
    egress: list(clusterRule),
    ingress: list(z.unknown()),
  }),
);
export type ClusterNetworkPolicy = z.output<typeof clusterNetworkPolicySchema>;

/** `policy.networking.k8s.io/v1alpha1`, which ClusterNetworkPolicy has taken the place of. */
export const adminNetworkPolicySchema = clusterScoped(
  'AdminNetworkPolicy',
  z.object({
    tier: z.literal('Admin').default('Admin'),
    priority,
    subject,
    egress: list(clusterRule),
    ingress: list(z.unknown()),
  }),
);

/** There is one of them, called `default`. */
export const baselineAdminNetworkPolicySchema = clusterScoped(
  'BaselineAdminNetworkPolicy',
  z.object({
    tier: z.literal('Baseline').default('Baseline'),
    priority: z.number().default(0),
    subject,
    egress: list(clusterRule),
    ingress: list(z.unknown()),
  }),
).refine(...isCalledDefault);
