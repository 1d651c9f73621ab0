import { z } from 'zod';
import {
  type Identity,
  clusterScoped,
  host,
  labels,
  list,
  maybe,
  namespaced,
  portNumber,
  text,
  withoutSpec,
  word,
} from '../../values/fields.ts';
import { labelSelector } from '../../network/kubernetes/objects.ts';

/* Objects of Kubernetes itself, and gateway.networking.k8s.io. */

const namedOrNumber = z.union([portNumber, text]);

export const serviceSchema = namespaced(
  'Service',
  z.object({
    type: maybe(text),
    clusterIP: maybe(text),
    externalName: maybe(host),
    selector: labels,
    ports: list(
      z.object({
        port: portNumber,
        name: maybe(text),
        protocol: maybe(text),
        appProtocol: maybe(text),
        targetPort: maybe(namedOrNumber),
      }),
    ),
  }),
);
export type Service = z.output<typeof serviceSchema>;

/** discovery.k8s.io: where a Service leads. */
export const endpointSliceSchema = withoutSpec(
  'EndpointSlice',
  z.object({
    ports: list(z.object({ name: maybe(text), port: maybe(portNumber), protocol: maybe(word) })),
    endpoints: list(z.object({ addresses: list(text), targetRef: maybe(z.object({ kind: maybe(text) })) })),
  }),
);
export type EndpointSlice = z.output<typeof endpointSliceSchema>;

export const namespaceSchema = clusterScoped('Namespace', z.object({}));
export type MeshNamespace = z.output<typeof namespaceSchema>;

const containers = list(
  z.object({ ports: list(z.object({ name: maybe(text), containerPort: portNumber, protocol: maybe(text) })) }),
);
const podSpec = z.object({
  serviceAccountName: maybe(text),
  hostNetwork: maybe(z.boolean()),
  containers,
  initContainers: containers,
});

/** Pods are read only where they stand behind a Service that egress passes: gateways, waypoints, cluster DNS. */
export const podSchema = namespaced('Pod', podSpec);
export const deploymentSchema = namespaced(
  'Deployment',
  z.object({ template: z.object({ metadata: maybe(z.object({ labels })), spec: maybe(podSpec) }) }),
);

const fromNamespaces = z.object({ from: maybe(text), selector: maybe(labelSelector) });

export const routeGatewaySchema = namespaced(
  'Gateway',
  z.object({
    gatewayClassName: text,
    /** There may be ListenerSets. */
    allowedListeners: maybe(z.unknown()),
    addresses: list(z.object({ type: maybe(text), value: maybe(host) })),
    listeners: list(
      z.object({
        name: maybe(text),
        port: portNumber,
        protocol: maybe(word),
        hostname: maybe(host),
        tls: maybe(z.object({ mode: maybe(text), options: maybe(z.record(text, z.unknown())) })),
        allowedRoutes: maybe(z.object({ namespaces: maybe(fromNamespaces) })),
      }),
    ),
  }),
);
export type RouteGateway = z.output<typeof routeGatewaySchema>;

const reference = z.object({
  group: maybe(text),
  kind: maybe(text),
  name: text,
  namespace: maybe(text),
  port: maybe(portNumber),
  sectionName: maybe(text),
  weight: maybe(z.number()),
});
export type Reference = z.output<typeof reference>;

const pathMatch = z.object({ type: maybe(text), value: maybe(text) });

const routeRule = z.object({
  matches: list(
    z.object({
      path: maybe(pathMatch),
      // Of a GRPCRoute it is an object.
      method: maybe(z.unknown()),
      headers: list(z.unknown()),
      queryParams: list(z.unknown()),
    }),
  ),
  filters: list(
    z.object({
      type: maybe(text),
      requestMirror: maybe(z.object({ backendRef: maybe(reference) })),
      urlRewrite: maybe(z.object({ hostname: maybe(host) })),
    }),
  ),
  backendRefs: list(reference),
});
export type RouteRule = z.output<typeof routeRule>;

export const routeKinds = ['HTTPRoute', 'TLSRoute', 'TCPRoute', 'GRPCRoute'] as const;
export type RouteKind = (typeof routeKinds)[number];

const routeSpec = z.object({ parentRefs: list(reference), hostnames: list(host), rules: list(routeRule) });
export type Route = Identity & z.output<typeof routeSpec> & { readonly kind: RouteKind };

/** As far as they take flows elsewhere. */
export function routeSchema(kind: RouteKind): z.ZodType<Route> {
  return namespaced(
    kind,
    routeSpec.transform((spec) => ({ ...spec, kind })),
  );
}

/** Whose routes may lead to Services of its namespace. */
export const referenceGrantSchema = namespaced(
  'ReferenceGrant',
  z.object({
    from: list(z.object({ group: text, kind: text, namespace: text })),
    to: list(z.object({ group: text, kind: text, name: maybe(text) })),
  }),
);
export type ReferenceGrant = z.output<typeof referenceGrantSchema>;

/** Has proxies make TLS to what it names. */
export const backendTlsPolicySchema = namespaced(
  'BackendTLSPolicy',
  z.object({ targetRefs: list(z.object({ kind: text, name: text })) }),
);
export type BackendTlsPolicy = z.output<typeof backendTlsPolicySchema>;

/** Listeners that others add to a Gateway. */
export const listenerSetSchema = namespaced(
  'ListenerSet',
  z.object({ parentRef: z.object({ name: text, namespace: maybe(text) }) }),
);
export type ListenerSet = z.output<typeof listenerSetSchema>;
