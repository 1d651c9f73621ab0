import { z } from 'zod';
import { faultOfCidr } from '../../src/net/cidr.ts';

/** An API server drops nulls: a template whose value is empty leaves no label. */
const labels = z
  .record(z.string().max(317), z.string().max(63))
  .refine(
    (written) => Object.keys(written).length > 0,
    'must name a label: without one, every pod of the namespace would be meant',
  );
const namespaceName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be the name of a namespace');
const portNumber = z.int().min(1).max(65535);
/** Host bits are what plugins read differently. */
const cidr = z
  .string()
  .max(49)
  .check(({ value, issues }) => {
    const fault = faultOfCidr(value);
    if (fault !== undefined) issues.push({ code: 'custom', message: fault, input: value });
  });

const podsSchema = z.strictObject({
  namespace: namespaceName.describe('Their namespace.'),
  labels: labels.describe('Labels that they all have.'),
});

const portSchema = z.strictObject({
  port: portNumber.describe('Port of the pod, not of its Service: the network sees traffic after translation.'),
  protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Transport protocol.'),
});

const resolverSchema = podsSchema
  .partial()
  .extend({
    addresses: z
      .array(cidr)
      .max(16)
      .default([])
      .describe('Addresses, for resolvers on the host network: `169.254.20.10/32`, a node-local cache.'),
    ports: z
      .array(portNumber)
      .min(1)
      .max(16)
      .default([53])
      .describe('Ports of the pods, not of their Service, UDP and TCP: 5353 on OpenShift.'),
  })
  .refine(({ namespace, labels }) => (namespace === undefined) === (labels === undefined), {
    message: 'give namespace and labels together',
  })
  .refine(({ namespace, addresses }) => namespace !== undefined || addresses.length > 0, {
    message: 'give namespace and labels of the resolver pods, or addresses',
  });

/** `spec.config` of an enforcement point of kind `network-policy`. */
export const networkPolicyConfigSchema = z.strictObject({
  dns: z
    .preprocess((dns) => (Array.isArray(dns) ? (dns as unknown[]) : [dns]), z.array(resolverSchema).min(1).max(8))
    .default([{ namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, addresses: [], ports: [53] }])
    .describe('Where pods resolve names: one resolver, or a list of them.'),
  networkPlugin: z
    .enum(['Cilium', 'Calico', 'Antrea', 'OVN-Kubernetes'])
    .optional()
    .describe(
      'What enforces network policies here; `verify` and `why` go by it where plugins differ. Absent: it is looked for.',
    ),
  mesh: z
    .enum(['none', 'sidecar', 'ambient'])
    .default('none')
    .describe('sidecar: proxies reach the control plane on port 15012. ambient: pods reach waypoints on port 15008.'),
  controlPlane: podsSchema
    .default({ namespace: 'istio-system', labels: { istio: 'pilot' } })
    .describe('The pods of the control plane of the mesh; used with mesh sidecar.'),
  gateways: z
    .array(
      podsSchema.extend({
        ports: z
          .array(portNumber)
          .min(1)
          .max(256)
          .describe('Ports of the gateway pods (target ports); with mesh ambient 15008 is enough.'),
        namespaces: z
          .array(namespaceName)
          .max(1_000)
          .optional()
          .describe('Which of the covered namespaces may use it; absent: all.'),
      }),
    )
    .max(100)
    .default([])
    .describe('Egress gateways and waypoints through which pods leave. Without any, pods leave directly.'),
  direct: z
    .boolean()
    .default(true)
    .describe(
      'Permit at the pod what rules permit by network. NetworkPolicy has no domain names: flows to names go through a gateway.',
    ),
  inCluster: z
    .enum(['cluster', 'namespace', 'none'])
    .default('cluster')
    .describe(
      'Which other pods stay reachable: all, those of the own namespace, or none but what other policies permit.',
    ),
  always: z
    .array(
      z.strictObject({
        networks: z.array(cidr).min(1).max(64).describe('Networks.'),
        ports: z.array(portSchema).max(64).default([]).describe('Ports; none: all.'),
      }),
    )
    .max(64)
    .default([])
    .describe('What every covered pod may reach besides: the address of the API server, node-local services.'),
});
export type NetworkPolicyConfig = z.infer<typeof networkPolicyConfigSchema>;
