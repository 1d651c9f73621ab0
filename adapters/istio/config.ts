import { z } from 'zod';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const label = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a DNS label: lower case letters, digits and inner hyphens');
const domain = z
  .string()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'must be a domain name in lower case')
  .max(253);
const portText = z
  .string()
  .regex(/^([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])$/, 'must be a port, 1-65535');
const portNumber = z.int().min(1).max(65535);

const gatewaySchema = z.strictObject({
  namespace: label
    .default('istio-egress')
    .describe(
      'Namespace of the gateway; the objects that lead through it are written there. Never the root namespace.',
    ),
  service: label.default('egressgateway').describe('Service of the gateway, which clients are sent to.'),
  selector: z
    .record(z.string().regex(/^[A-Za-z0-9./_-]{1,317}$/, 'must be a label key'), z.string().max(63))
    .refine((labels) => Object.keys(labels).length > 0, 'must name a label: without one, every proxy would be meant')
    .default({ istio: 'egressgateway' })
    .describe('Labels of its pods, of which nothing but the pods of this gateway may have all.'),
  ports: z
    .record(portText, portNumber)
    .optional()
    .describe(
      'Ports that the Service exposes, each with the port on the pods: { "443": 8443 }. Absent: read from the Service; until that is possible, every port under its own number.',
    ),
});
export type GatewayRef = z.infer<typeof gatewaySchema>;

const dedicatedSchema = z.strictObject({
  namespaces: z.record(label, gatewaySchema).default({}).describe('By namespace: for what its own policies accept.'),
  services: z
    .record(z.string().min(1).max(253), gatewaySchema)
    .default({})
    .describe('By the name of an ExternalService; comes before the gateway of a namespace.'),
});

/** `spec.config` of an enforcement point of kind `istio`. */
export const istioConfigSchema = z.strictObject({
  plane: z
    .enum(['gateway', 'direct', 'ambient'])
    .default('gateway')
    .describe(
      'Where the mesh decides. gateway: sidecars send everything to an egress gateway, which decides by identity. ambient: a waypoint decides by identity. direct: sidecars go straight out; they scope by whole namespace, and the perimeter has to decide.',
    ),
  api: z
    .enum(['Istio', 'GatewayAPI'])
    .default('Istio')
    .describe(
      'Plane gateway: the API of the routing objects. Istio: Gateway and VirtualService. GatewayAPI: Gateway of class istio, HTTPRoute, TLSRoute and TCPRoute, and a Service for each destination; needs Istio 1.31. With both, AuthorizationPolicies decide which workloads may use a route.',
    ),
  gateway: gatewaySchema
    .prefault({})
    .describe('Plane gateway: the gateway that is shared by what has none of its own.'),
  dedicated: dedicatedSchema
    .prefault({})
    .describe('Plane gateway: gateways of their own, so that the perimeter can tell their users apart.'),
  waypoint: z
    .strictObject({
      namespace: label
        .default('istio-egress-ambient')
        .describe('Namespace of the waypoint. Postern writes its objects there.'),
      name: label.default('egress-waypoint').describe('Name of the Gateway of class istio-waypoint.'),
      wildcardTls: z
        .boolean()
        .default(false)
        .describe(
          'Does istiod have ENABLE_WILDCARD_HOST_SERVICE_ENTRIES_FOR_TLS? Only then wildcard names for TLS are written.',
        ),
    })
    .prefault({})
    .describe('Plane ambient: the waypoint through which everything leaves.'),
  directNamespace: label
    .default('istio-egress')
    .describe(
      'Plane direct: the namespace that holds the ServiceEntries, exported to the namespaces that may use them.',
    ),
  canonicalHosts: z
    .record(z.string().regex(/^\*\./, 'must be a wildcard name, *.suffix'), domain)
    .default({})
    .describe(
      'Plane gateway: for a wildcard name, the one host that serves all names below it ({ "*.wikipedia.org": "www.wikipedia.org" }). A gateway cannot resolve a wildcard, so without one it is left out.',
    ),
  clientCertificates: z
    .record(domain, z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be the name of a Secret'))
    .default({})
    .describe(
      'Plane gateway: for a host to which the gateway originates TLS, the Secret in the namespace of the gateway with the certificate that it shows there ({ "bank.example.com": "bank-client" }; keys tls.crt, tls.key and ca.crt, which then alone verifies the host).',
    ),
  trustDomain: domain
    .optional()
    .describe('Trust domain of the identities. Absent: read from the mesh; before that, cluster.local.'),
  clusterDomain: domain.default('cluster.local').describe('Domain of Services in the cluster.'),
  rootNamespace: label
    .default('istio-system')
    .describe('Root namespace of the mesh, with the ConfigMap that holds its settings. Nothing is ever written there.'),
  revision: label
    .optional()
    .describe(
      'Revision of the control plane, where there is more than one (ConfigMap istio-REVISION). Absent: the default one.',
    ),
  istioVersion: z
    .string()
    .regex(/^\d+\.\d+(\.\d+)?$/, 'must be a version, 1.30 or 1.30.3')
    .optional()
    .describe(
      'Version of the control plane. Absent: read from the mesh; while it is not known, nothing newer than 1.22 is used.',
    ),
  dnsCapture: z
    .boolean()
    .optional()
    .describe(
      'Do proxies answer DNS (ISTIO_META_DNS_CAPTURE)? Only then opaque TCP to several names can share a port. Absent: read from the mesh; before that, no.',
    ),
  settleSeconds: z
    .number()
    .min(0)
    .max(60)
    .default(5)
    .describe(
      'How long the way to a destination is left to reach all proxies before clients are shown the destination, and the other way round. Istio gathers changes for 0.1 to 10 seconds (PILOT_DEBOUNCE_AFTER, PILOT_DEBOUNCE_MAX of istiod). 0: not at all; then a client may for a moment go straight to a host that its namespace was just granted or has just lost.',
    ),
  imports: z
    .array(
      z
        .string()
        .regex(/^(\*|\.|[a-z0-9-]+)\/[a-z0-9.*-]+$/, 'must be NAMESPACE/NAME, as in spec.egress.hosts of a Sidecar'),
    )
    .optional()
    .describe(
      'Hosts of a Sidecar that the covered namespaces see beside the destinations permitted to them. Absent: every Service of the cluster (*/*.svc.CLUSTERDOMAIN), and no ServiceEntry that Postern did not write.',
    ),
  distribution: z
    .strictObject({
      serviceAccount: label
        .optional()
        .describe(
          'ServiceAccount in the root namespace, with no rights of its own, as which Postern asks istiod which proxies have what was written, as `istioctl proxy-status` does. Postern must be allowed to create tokens for it. Absent: istiod is not asked, and Programmed means that the API server has the objects.',
        ),
      addresses: z
        .array(z.string().regex(/^(\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'must be HOST:PORT'))
        .max(16)
        .default([])
        .describe(
          'Where istiod serves xDS over TLS, as HOST:PORT. Absent: port 15012 of every pod in the root namespace with the label app=istiod. A Service will do only where there is one istiod: each knows its own proxies alone.',
        ),
    })
    .prefault({})
    .describe('Who says which proxies have what was written.'),
  telemetry: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Write a Telemetry for each gateway or waypoint, so that every access is logged.'),
      provider: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,63}$/, 'must be the name of an extension provider')
        .default('postern-egress')
        .describe(
          'Extension provider of the mesh that writes the log; what it should hold is in the README. Without it nothing is written.',
        ),
    })
    .prefault({})
    .describe('The log of who went where.'),
});
export type IstioConfig = z.infer<typeof istioConfigSchema>;

/** Every gateway that is configured, each once, sorted by namespace and Service. */
export function gatewaysOf({ gateway, dedicated }: Pick<IstioConfig, 'gateway' | 'dedicated'>): readonly GatewayRef[] {
  const all = [gateway, ...Object.values(dedicated.services), ...Object.values(dedicated.namespaces)];
  const known = new Map(all.map((one) => [`${one.namespace}/${one.service}`, one]));
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
