import { parse } from 'yaml';
import { MemoryObjects } from '../../../kit/kubernetes/testing/memory-objects.ts';
import type { KubernetesObject, KubernetesObjects } from '../../../src/adapter/kubernetes-objects.ts';
import type { Clock } from '../../../src/adapter/adapter.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import { evaluateMesh } from '../../../src/verify/mesh/evaluate.ts';
import type { MeshAnswer, MeshClient, MeshTarget } from '../../../src/verify/mesh/answer.ts';
import { readMesh } from '../../../src/verify/mesh/objects/snapshot.ts';
import { readMeshConfig } from '../../../src/verify/mesh/objects/config.ts';
import type { AddressGroup, DesiredState, GroupSubject, Rule } from '../../../src/core/model/desired.ts';
import { nameCovers } from '../../../src/net/name.ts';
import { NetworkSet } from '../../../src/net/network-set.ts';
import { syncPoint, type SyncResult } from '../../../src/worker/sync/sync-point.ts';
import { istio } from '../adapter.ts';
import { istioConfigSchema, type IstioConfig } from '../config.ts';
import { mapOf, textOf } from '../objects/fields.ts';
import { kindsOf, read } from '../objects/kinds.ts';

/*
 * A small cluster with a mesh: an API server in memory that only tests write to, and two judges of a flow.
 * One reads the objects as istiod and Envoy do, the other the desired state; neither knows how the adapter lowers.
 */

export const owner: Owner = { cluster: 'east' };
export const everyKind = [...kindsOf(), ...Object.values(read)];

export interface Flow {
  readonly client: MeshClient;
  readonly target: MeshTarget;
}

export const meshYaml = 'trustDomain: east.example\nextensionProviders: [{ name: postern-egress }]\n';
export const namespaces = ['news', 'shop'];

/** A cluster with Istio, an egress gateway whose pods listen on other ports than their Service, and no policies. */
export function aCluster({
  mesh = meshYaml,
  version = '1.30.2',
  waypoint = false,
  kinds: served = everyKind,
} = {}): MemoryObjects {
  const objects = new MemoryObjects(served);
  const put = (apiVersion: string, kind: string, namespace: string, name: string, rest: object): void => {
    const { labels, ...fields } = { labels: {}, ...rest };
    const metadata = { name, labels, ...(namespace !== '' && { namespace }) };
    objects.put({ apiVersion, kind, metadata, ...fields });
  };
  for (const name of [...namespaces, 'stranger', 'istio-egress', 'istio-system']) {
    put('v1', 'Namespace', '', name, { labels: { 'kubernetes.io/metadata.name': name } });
  }
  put('v1', 'ConfigMap', 'istio-system', 'istio', { data: { mesh } });
  const run = (name: string, image: string): object => ({
    selector: { matchLabels: { istio: name } },
    template: {
      metadata: { labels: { istio: name } },
      spec: { serviceAccountName: name, containers: [{ name: 'main', image }] },
    },
  });
  put('apps/v1', 'Deployment', 'istio-system', 'istiod', { spec: run('pilot', `istio/pilot:${version}`) });
  for (const name of ['egressgateway', 'egressgateway-2']) {
    const labels = { istio: name };
    put('v1', 'Service', 'istio-egress', name, {
      spec: {
        selector: labels,
        ports: [80, 443, 5432].map((port) => ({ name: `p-${port}`, protocol: 'TCP', port, targetPort: port + 8000 })),
      },
    });
    put('apps/v1', 'Deployment', 'istio-egress', name, { spec: run(name, 'auto') });
  }
  if (waypoint) objects.put(egressWaypoint);
  return objects;
}

const egressWaypoint: KubernetesObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: {
    namespace: 'istio-egress-ambient',
    name: 'egress-waypoint',
    labels: { 'istio.io/waypoint-for': 'service' },
  },
  spec: {
    gatewayClassName: 'istio-waypoint',
    listeners: [{ name: 'mesh', port: 15008, protocol: 'HBONE', allowedRoutes: { namespaces: { from: 'Same' } } }],
  },
};

interface Run {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly mode?: 'Observe' | 'Enforce';
  readonly clock?: Clock;
  /** Whose worker it is; absent: that of cluster east. */
  readonly by?: Owner;
}

export function configOf(config: Readonly<Record<string, unknown>> = {}): IstioConfig {
  return istioConfigSchema.parse(config);
}

const timeless: Clock = { now: () => 0, elapsed: () => 0, sleep: () => Promise.resolve() };

/** One run of the main flow, as a worker that has just been started makes it. */
export async function sync(
  objects: KubernetesObjects,
  desired: DesiredState,
  { config, mode = 'Enforce', clock = timeless, by = owner }: Run = {},
): Promise<SyncResult> {
  const { signal } = new AbortController();
  const parsed = configOf(config);
  const deps = { point: 'mesh', secret: {}, owner: by, clock, signal, kubernetes: objects };
  const session = await istio.connect(parsed, deps);
  const context = { owner: by, config: parsed, capabilities: await session.probe() };
  const limits = { maxRemovals: 1_000_000, maxRemovalsPercent: 100 };
  return syncPoint({
    desired,
    adapter: istio,
    session,
    context,
    mode,
    limits,
    synced: true,
    ended: new Set(),
    signal,
  });
}

/** What istiod and Envoy would make of the objects. */
export function judgeOf(objects: MemoryObjects, isAmbient = false): (flow: Flow) => MeshAnswer {
  const settings = objects.all().find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'istio');
  const mesh: unknown = parse(textOf(mapOf(settings?.['data'])['mesh']));
  const config = readMeshConfig(mesh, { version: '1.31.0', wildcardTlsAtWaypoints: true });
  const { judge } = evaluateMesh(readMesh(objects.all(), config));
  const meshed = isAmbient ? 'ambient' : 'sidecar';
  return ({ client, target }) => judge({ ...client, meshed }, target);
}

/** What the desired state says of a flow to this port outside, first match first. */
export function permits(desired: DesiredState, flow: Flow, outside: number): boolean {
  return decidingRule(desired, flow, outside)?.action === 'Accept';
}

export function decidingRule(
  { rules, groups }: DesiredState,
  { client, target }: Flow,
  outside: number,
): Rule | undefined {
  const byId = new Map(groups.map((group) => [group.id, group]));
  return rules.find(
    (rule) => rule.sources.some((id) => isFor(byId.get(id), client)) && isTo(rule, target) && isThrough(rule, outside),
  );
}

function isFor(group: AddressGroup | undefined, { namespace, serviceAccount }: MeshClient): boolean {
  if (group === undefined || !namespaces.includes(namespace)) return false;
  const account = `${namespace}/${serviceAccount}`;
  const { subject } = group;
  if (subject?.podSelector.matchLabels !== undefined) return group.members.includes(account);
  if (subject?.serviceAccounts !== undefined) return subject.serviceAccounts.includes(account);
  return subject?.namespaces.includes(namespace) === true;
}

function isTo({ destination: { any, names, networks } }: Rule, { host, address }: MeshTarget): boolean {
  if (any) return true;
  if (host !== undefined) return names.some((name) => nameCovers(name, host));
  return address !== undefined && NetworkSet.of(networks).covers(NetworkSet.of([`${address}/32`]));
}

function isThrough({ ports }: Rule, port: number): boolean {
  return ports.length === 0 || ports.some((range) => range.port <= port && port <= (range.endPort ?? range.port));
}

export function aSubject(fields: Partial<GroupSubject> = {}): GroupSubject {
  const { namespace } = fields;
  const within = namespace === undefined ? namespaces : [namespace];
  return { namespaces: within, namespaceSelector: {}, podSelector: {}, ...fields };
}
