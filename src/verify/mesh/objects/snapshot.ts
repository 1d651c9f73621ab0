import type { z } from 'zod';
import {
  backendTlsPolicySchema,
  deploymentSchema,
  endpointSliceSchema,
  listenerSetSchema,
  namespaceSchema,
  podSchema,
  referenceGrantSchema,
  routeGatewaySchema,
  routeKinds,
  routeSchema,
  serviceSchema,
  type BackendTlsPolicy,
  type EndpointSlice,
  type ListenerSet,
  type MeshNamespace,
  type Route,
  type RouteGateway,
  type Service,
} from './cluster.ts';
import type { MeshConfig } from './config.ts';
import type { Identity } from '../../values/fields.ts';
import { extensionKinds, extensionSchema, proxyConfigSchema, type Extension, type ProxyConfig } from './extensions.ts';
import { groupByKind, readKind, type Unreadable } from '../../values/objects.ts';
import { portsByName } from '../../network/ends/cluster.ts';
import type { NamedPorts } from '../../network/ends/ends.ts';
import { gatewaysOf } from './gateway-api/gateways.ts';
import { virtualServicesOf } from './gateway-api/routes.ts';
import { selects } from '../../values/selector.ts';
import { networkPolicySchema, type NetworkPolicy } from '../../network/kubernetes/objects.ts';
import type { NetworkObjects } from '../../network/objects.ts';
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
  workloadEntrySchema,
  type DestinationRule,
  type Gateway,
  type ServiceEntry,
  type Sidecar,
  type VirtualService,
  type WorkloadEntry,
} from './traffic.ts';

/** Pods that a Service stands for, as far as egress passes them. */
export interface MeshWorkload extends Identity {
  readonly podLabels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** On the networks of their nodes, where network policies neither bind nor select them. */
  readonly hostNetwork: boolean;
  /** Container ports by name. */
  readonly namedPorts: NamedPorts;
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
  /** What network policies of every kind are read off. */
  readonly network: NetworkObjects;
  /** `gateway.networking.k8s.io` Gateways: waypoints and managed gateways. */
  readonly routeGateways: readonly RouteGateway[];
  readonly routes: readonly Route[];
  readonly backendTlsPolicies: readonly BackendTlsPolicy[];
  readonly listenerSets: readonly ListenerSet[];
  readonly workloadEntries: readonly WorkloadEntry[];
  /** Of Services, where they lead besides the pods that they select. */
  readonly endpointSlices: readonly EndpointSlice[];
  /** What can undo anything, and nobody knows what it does. */
  readonly extensions: readonly Extension[];
  readonly proxyConfigs: readonly ProxyConfig[];
  readonly unreadable: readonly Unreadable[];
  /** What is in a namespace that the mesh's discoverySelectors leave out, so that istiod knows nothing of it. */
  readonly undiscovered: readonly Identity[];
  /** What the istiod of one revision alone reads, where another may serve the proxies; they are read here as well. */
  readonly ofRevisions: readonly OfRevision[];
}

/** An object with the label `istio.io/rev`. */
export interface OfRevision extends Omit<Unreadable, 'message'> {
  readonly revision: string;
}

/** Pods and nodes of a cluster, where more is known of them than plain objects say. */
export type ClusterPods = Pick<NetworkObjects, 'pods' | 'nodes' | 'plugin'>;

/**
 * Picks out of plain objects (lists of them included) what decides egress. Other kinds are passed over; an object of
 * one of ours that does not have its shape is listed in `unreadable`, never guessed at.
 */
export function readMesh(
  objects: readonly unknown[],
  config: MeshConfig,
  cluster: ClusterPods = { pods: [], nodes: [] },
): MeshSnapshot {
  const byKind = groupByKind(objects);
  const unreadable: Unreadable[] = [];
  const undiscovered: Identity[] = [];
  const ofRevisions: OfRevision[] = [];
  const readAll = <T>(kind: string, schema: z.ZodType<T>): readonly T[] => {
    const found = readKind(byKind, kind, schema);
    for (const one of found.unreadable) unreadable.push(one);
    return found.objects;
  };
  const namespaces = readAll('/Namespace', namespaceSchema);
  const isDiscovered = discoveryOf(namespaces, config, unreadable);
  const serving = revisionsOf(namespaces);
  /** Of what istiod reads: as far as it looks. */
  const read: ReadKind = (kind, schema) => {
    const found = readKind(byKind, kind, schema);
    for (const one of found.unreadable) if (isDiscovered(one.namespace)) unreadable.push(one);
    for (const one of found.objects) if (!isDiscovered(one.namespace)) undiscovered.push(one);
    const seen = found.objects.filter(({ namespace }) => isDiscovered(namespace));
    for (const one of ofOtherRevisions(kind, seen, serving)) ofRevisions.push(one);
    return seen;
  };
  const gatewayApi = { config, namespaces, ...readGatewayApi(read) };
  return {
    ...gatewayApi,
    workloads: [
      ...readAll('/Pod', podSchema).map(ofPod),
      ...readAll('apps/Deployment', deploymentSchema).map(ofDeployment),
    ],
    virtualServices: [
      ...read('networking.istio.io/VirtualService', virtualServiceSchema),
      ...virtualServicesOf(gatewayApi),
    ],
    destinationRules: read('networking.istio.io/DestinationRule', destinationRuleSchema),
    gateways: [...read('networking.istio.io/Gateway', gatewaySchema), ...gatewaysOf(gatewayApi)],
    sidecars: read('networking.istio.io/Sidecar', sidecarSchema),
    authorizationPolicies: read('security.istio.io/AuthorizationPolicy', authorizationPolicySchema),
    peerAuthentications: read('security.istio.io/PeerAuthentication', peerAuthenticationSchema),
    telemetries: read('telemetry.istio.io/Telemetry', telemetrySchema),
    workloadEntries: read('networking.istio.io/WorkloadEntry', workloadEntrySchema),
    endpointSlices: read('discovery.k8s.io/EndpointSlice', endpointSliceSchema),
    networkPolicies: readAll('networking.k8s.io/NetworkPolicy', networkPolicySchema),
    network: { byKind, namespaces, ...cluster },
    backendTlsPolicies: read('gateway.networking.k8s.io/BackendTLSPolicy', backendTlsPolicySchema),
    listenerSets: read('gateway.networking.k8s.io/ListenerSet', listenerSetSchema),
    proxyConfigs: read('networking.istio.io/ProxyConfig', proxyConfigSchema),
    extensions: extensionKinds.flatMap((kind) => read(kind, extensionSchema(kind))),
    unreadable,
    undiscovered,
    ofRevisions,
  };
}

type ReadKind = <T extends Identity>(kind: string, schema: z.ZodType<T>) => readonly T[];

/** Routes, and what they refer to. */
function readGatewayApi(read: ReadKind) {
  return {
    services: read('/Service', serviceSchema),
    serviceEntries: read('networking.istio.io/ServiceEntry', serviceEntrySchema),
    routeGateways: read('gateway.networking.k8s.io/Gateway', routeGatewaySchema),
    referenceGrants: read('gateway.networking.k8s.io/ReferenceGrant', referenceGrantSchema),
    routes: routeKinds.flatMap((kind) => read(`gateway.networking.k8s.io/${kind}`, routeSchema(kind))),
  };
}

/** Those with a revision that need not be the one that serves the proxies. @param serving revisions that serve some */
function ofOtherRevisions(
  kind: string,
  objects: readonly Identity[],
  serving: ReadonlySet<string>,
): readonly OfRevision[] {
  if (!isOfIstiod(kind)) return [];
  return objects.flatMap((object) => {
    const { id, namespace, labels } = object;
    const revision = labels['istio.io/rev'] ?? '';
    const isSure = revision === '' || (serving.size === 1 && serving.has(revision));
    return isSure ? [] : [{ kind, id, namespace, object: { spec: object }, revision }];
  });
}

/** Of Kubernetes' own objects every istiod reads all. */
function isOfIstiod(kind: string): boolean {
  return /(?:^|\.)istio\.io\/|^gateway\.networking\.k8s\.io\//.test(kind);
}

/** Of the istiods that serve the proxies of namespaces, by the labels that have them injected. */
function revisionsOf(namespaces: readonly MeshNamespace[]): ReadonlySet<string> {
  return new Set(
    namespaces.flatMap(
      ({ labels }) => labels['istio.io/rev'] ?? (labels['istio-injection'] === 'enabled' ? 'default' : []),
    ),
  );
}

/** Which namespaces istiod looks into: those that one of the mesh's selectors takes, by labels that may not be known. */
function discoveryOf(
  namespaces: readonly MeshNamespace[],
  { discoverySelectors, rootNamespace }: MeshConfig,
  unreadable: Unreadable[],
): (namespace: string) => boolean {
  if (discoverySelectors.length === 0) return () => true;
  const known = new Map(
    namespaces.map(({ name, labels }) => [name, discoverySelectors.some((selector) => selects(selector, labels))]),
  );
  return (namespace) => {
    const found = known.get(namespace);
    if (found !== undefined || namespace === '') return found ?? true;
    known.set(namespace, true);
    const message = 'is not given, and discoverySelectors of the mesh go by its labels';
    const id = `Namespace/${namespace}`;
    unreadable.push({ kind: '/Namespace', id, namespace: rootNamespace, message, object: undefined });
    return true;
  };
}

function ofPod(pod: z.output<typeof podSchema>): MeshWorkload {
  const { containers, initContainers, serviceAccountName = 'default', hostNetwork = false, ...identity } = pod;
  const namedPorts = portsByName([...containers, ...initContainers]);
  return { ...identity, podLabels: pod.labels, serviceAccount: serviceAccountName, hostNetwork, namedPorts };
}

function ofDeployment({ template, ...identity }: z.output<typeof deploymentSchema>): MeshWorkload {
  const {
    containers = [],
    initContainers = [],
    serviceAccountName = 'default',
    hostNetwork = false,
  } = template.spec ?? {};
  const namedPorts = portsByName([...containers, ...initContainers]);
  const podLabels = template.metadata?.labels ?? {};
  return { ...identity, podLabels, serviceAccount: serviceAccountName, hostNetwork, namedPorts };
}
