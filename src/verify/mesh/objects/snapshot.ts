import { z } from 'zod';
import {
  deploymentSchema,
  namespaceSchema,
  podSchema,
  routeGatewaySchema,
  routeSpec,
  serviceSchema,
  type MeshNamespace,
  type Route,
  type RouteGateway,
  type Service,
} from './cluster.ts';
import type { MeshConfig } from './config.ts';
import { namespaced, unmodelledSchema, type Identity, type Unmodelled } from '../../values/fields.ts';
import {
  clusterNetworkPolicySchema,
  networkPolicySchema,
  type ClusterNetworkPolicy,
  type NetworkPolicy,
} from '../../network/objects.ts';
import {
  authorizationPolicySchema,
  peerAuthenticationSchema,
  telemetrySchema,
  type AuthorizationPolicy,
  type PeerAuthentication,
  type Telemetry,
} from './security.ts';
import {
  destinationRuleSchema,
  gatewaySchema,
  serviceEntrySchema,
  sidecarSchema,
  virtualServiceSchema,
  type DestinationRule,
  type Gateway,
  type ServiceEntry,
  type Sidecar,
  type VirtualService,
} from './traffic.ts';

/** Pods that a Service stands for, as far as egress passes them. */
export interface MeshWorkload extends Identity {
  readonly podLabels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Container ports by name. */
  readonly namedPorts: Readonly<Record<string, number>>;
}

/** An object that could not be read, so that nobody knows what it does. */
export interface Unreadable {
  readonly id: string;
  readonly namespace: string;
  /** `spec.ports[0].number: expected number` */
  readonly message: string;
}

/** Everything in a cluster that decides which flow may leave it through the mesh, at one instant. */
export interface MeshSnapshot {
  readonly config: MeshConfig;
  readonly namespaces: readonly MeshNamespace[];
  readonly services: readonly Service[];
  readonly workloads: readonly MeshWorkload[];
  readonly serviceEntries: readonly ServiceEntry[];
  readonly virtualServices: readonly VirtualService[];
  readonly destinationRules: readonly DestinationRule[];
  readonly gateways: readonly Gateway[];
  readonly sidecars: readonly Sidecar[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly telemetries: readonly Telemetry[];
  readonly networkPolicies: readonly NetworkPolicy[];
  readonly clusterNetworkPolicies: readonly ClusterNetworkPolicy[];
  /** `gateway.networking.k8s.io` Gateways: waypoints and managed gateways. */
  readonly routeGateways: readonly RouteGateway[];
  readonly routes: readonly Route[];
  /** What can undo anything and is not modelled: EnvoyFilters, policies of one CNI, WorkloadEntries. */
  readonly unmodelled: readonly Unmodelled[];
  readonly unreadable: readonly Unreadable[];
}

const routeKinds = ['HTTPRoute', 'TLSRoute', 'TCPRoute', 'GRPCRoute'];

const opaqueKinds = [
  'networking.istio.io/EnvoyFilter',
  'networking.istio.io/WorkloadEntry',
  'cilium.io/CiliumNetworkPolicy',
  'cilium.io/CiliumClusterwideNetworkPolicy',
  'projectcalico.org/NetworkPolicy',
  'projectcalico.org/GlobalNetworkPolicy',
  'crd.projectcalico.org/NetworkPolicy',
  'crd.projectcalico.org/GlobalNetworkPolicy',
  'policy.networking.k8s.io/AdminNetworkPolicy',
  'policy.networking.k8s.io/BaselineAdminNetworkPolicy',
];

/**
 * Picks out of plain objects (lists of them included) what decides egress. Other kinds are passed over; an object of
 * one of ours that does not have its shape is listed in `unreadable`, never guessed at.
 */
export function readMesh(objects: readonly unknown[], config: MeshConfig): MeshSnapshot {
  const byKind = groupByKind(objects);
  const unreadable: Unreadable[] = [];
  const read = <T>(kind: string, schema: z.ZodType<T>): readonly T[] =>
    (byKind.get(kind) ?? []).flatMap((object) => {
      const { success, data, error } = schema.safeParse(object);
      if (success) return [data];
      unreadable.push(faultOf(kind, object, error));
      return [];
    });
  return {
    config,
    namespaces: read('/Namespace', namespaceSchema),
    services: read('/Service', serviceSchema),
    workloads: [...read('/Pod', podSchema).map(ofPod), ...read('apps/Deployment', deploymentSchema).map(ofDeployment)],
    serviceEntries: read('networking.istio.io/ServiceEntry', serviceEntrySchema),
    virtualServices: read('networking.istio.io/VirtualService', virtualServiceSchema),
    destinationRules: read('networking.istio.io/DestinationRule', destinationRuleSchema),
    gateways: read('networking.istio.io/Gateway', gatewaySchema),
    sidecars: read('networking.istio.io/Sidecar', sidecarSchema),
    authorizationPolicies: read('security.istio.io/AuthorizationPolicy', authorizationPolicySchema),
    peerAuthentications: read('security.istio.io/PeerAuthentication', peerAuthenticationSchema),
    telemetries: read('telemetry.istio.io/Telemetry', telemetrySchema),
    networkPolicies: read('networking.k8s.io/NetworkPolicy', networkPolicySchema),
    clusterNetworkPolicies: read('policy.networking.k8s.io/ClusterNetworkPolicy', clusterNetworkPolicySchema),
    routeGateways: read('gateway.networking.k8s.io/Gateway', routeGatewaySchema),
    routes: routeKinds.flatMap((kind) => read(`gateway.networking.k8s.io/${kind}`, namespaced(kind, routeSpec))),
    unmodelled: opaqueKinds.flatMap((kind) => read(kind, unmodelledSchema(kind.slice(kind.indexOf('/') + 1)))),
    unreadable,
  };
}

const typed = z.looseObject({ apiVersion: z.string(), kind: z.string(), items: z.array(z.unknown()).optional() });

/** `group/Kind`; the core group is empty. */
function groupByKind(objects: readonly unknown[]): ReadonlyMap<string, readonly unknown[]> {
  const byKind = new Map<string, unknown[]>();
  for (const object of objects.flatMap(itemsOf)) {
    const { success, data } = typed.safeParse(object);
    if (!success) continue;
    const group = data.apiVersion.includes('/') ? data.apiVersion.slice(0, data.apiVersion.indexOf('/')) : '';
    const kind = `${group}/${data.kind}`;
    const found = byKind.get(kind);
    if (found) found.push(object);
    else byKind.set(kind, [object]);
  }
  return byKind;
}

function itemsOf(object: unknown): readonly unknown[] {
  const { success, data } = typed.safeParse(object);
  return success && data.items !== undefined && data.kind.endsWith('List') ? data.items : [object];
}

const named = z.object({
  metadata: z.object({ name: z.string().catch('?'), namespace: z.string().catch('default') }),
});

function faultOf(kind: string, object: unknown, error: z.ZodError): Unreadable {
  const { name, namespace } = named.safeParse(object).data?.metadata ?? { name: '?', namespace: 'default' };
  const message = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  return { id: `${kind.slice(kind.indexOf('/') + 1)}/${namespace}/${name}`, namespace, message };
}

type Containers = z.output<typeof podSchema>['containers'];

function ofPod(pod: z.output<typeof podSchema>): MeshWorkload {
  const { containers, initContainers, serviceAccountName = 'default', ...identity } = pod;
  const namedPorts = portsByName([...containers, ...initContainers]);
  return { ...identity, podLabels: pod.labels, serviceAccount: serviceAccountName, namedPorts };
}

function ofDeployment({ template, ...identity }: z.output<typeof deploymentSchema>): MeshWorkload {
  const { containers = [], initContainers = [], serviceAccountName = 'default' } = template.spec ?? {};
  const namedPorts = portsByName([...containers, ...initContainers]);
  return { ...identity, podLabels: template.metadata?.labels ?? {}, serviceAccount: serviceAccountName, namedPorts };
}

function portsByName(containers: Containers): Readonly<Record<string, number>> {
  const ports = containers.flatMap((container) => container.ports);
  return Object.fromEntries(ports.flatMap(({ name, containerPort }) => (name ? [[name, containerPort]] : [])));
}
