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
const podSpec = z.object({ serviceAccountName: maybe(text), containers, initContainers: containers });

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
    listeners: list(
      z.object({
        name: maybe(text),
        port: portNumber,
        protocol: maybe(word),
        hostname: maybe(host),
        allowedRoutes: maybe(z.object({ namespaces: maybe(fromNamespaces) })),
      }),
    ),
  }),
);
export type RouteGateway = z.output<typeof routeGatewaySchema>;

const backend = z.object({
  group: maybe(text),
  kind: maybe(text),
  name: text,
  namespace: maybe(text),
  port: maybe(portNumber),
});

/** HTTPRoute, TLSRoute, TCPRoute and GRPCRoute, as far as they take flows elsewhere. */
export const routeSpec = z.object({
  parentRefs: list(backend),
  hostnames: list(host),
  rules: list(z.object({ backendRefs: list(backend) })),
});
export type Route = Identity & z.output<typeof routeSpec>;
