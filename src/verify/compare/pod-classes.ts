import type { MeshClient } from '../mesh/answer.ts';
import { classesOf } from '../mesh/classes.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { familyOf } from '../../net/address.ts';
import type { Network } from '../network/network.ts';
import { namespaceLabelsIn } from '../values/selector.ts';
import type { PodPolicies } from '../intent/intent.ts';
import { policiesOfPods } from '../intent/workloads.ts';
import { covers, type InMeshPoint, type Layers, type Perimeter } from '../layers.ts';
import { meshMode } from '../mesh/mode.ts';
import { secondaryNetworkIn } from '../perimeter/secondary-network.ts';
import type { Sources } from '../perimeter/sources.ts';
import type { Probe } from '../flows/probes.ts';
import { isLive } from '../values/pods.ts';
import type { TableLayer } from '../perimeter/table-layer.ts';

/** One perimeter as a pod meets it. */
export interface SeenAt {
  /** Which of the perimeters. */
  readonly at: number;
  readonly sources: readonly string[];
  /** Where they differ by where to. */
  readonly toward: ReturnType<Sources['toward']>;
}

/** Under which addresses the pods meet it with a flow. */
export function sourcesToward({ sources, toward }: SeenAt, flow: Pick<Probe, 'host' | 'address'>): readonly string[] {
  return toward ? toward.of(flow) : sources;
}

/** Pods that no layer tells apart. */
export interface PodClass {
  readonly pod: Pod;
  /** How many pods it stands for. */
  readonly count: number;
  readonly policies: PodPolicies;
  readonly client: MeshClient;
  /** Equal where the mesh treats them alike, unless a policy of it asks for their ServiceAccount. */
  readonly meshKin: string;
  readonly inMesh: readonly InMeshPoint[];
  readonly seenAt: readonly SeenAt[];
}

/** Replicas of one template. */
interface Client extends MeshClient {
  readonly pods: readonly Pod[];
}

/** What there is to know of each namespace. */
interface NamespaceLayers {
  readonly labels: Labels;
  readonly inMesh: readonly InMeshPoint[];
  readonly perimeters: readonly number[];
}

/**
 * Linear in the pods. Pods of gateways, pods that end, and those that no layer but the intent is about are left out.
 *
 * @param replicas all pods, those that the mesh, its network policies and the intent treat alike together
 */
export function podClasses(
  replicas: readonly (readonly Pod[])[],
  layers: Layers,
  tables: readonly TableLayer[],
  sources: Sources,
  network: Network | undefined,
): readonly PodClass[] {
  const { snapshot, mesh, perimeters } = layers;
  const layersOf = layersByNamespace(layers);
  const secondaryNetworkOf = secondaryNetworkIn(layers);
  const clients = replicas.flatMap((all): Client[] => {
    const pods = all.filter((pod) => isLive(pod) && !sources.isGateway(pod));
    const [pod] = pods;
    if (pod === undefined) return [];
    const { labels, inMesh, perimeters: covering } = layersOf(pod.namespace);
    if (covering.length === 0 && inMesh.length === 0) return [];
    const meshed = meshMode(pod, labels, inMesh);
    const { namespace, serviceAccount, addresses, hostNetwork, sidecar, labels: podLabels } = pod;
    // Of others nothing depends on it, and pods of all nodes are judged at once.
    const node = hostNetwork ? pod.node : undefined;
    const secondaryNetwork = secondaryNetworkOf(pod);
    return [
      { pods, namespace, podLabels, serviceAccount, meshed, addresses, hostNetwork, secondaryNetwork, node, sidecar },
    ];
  });
  const policiesOf = policiesOfPods(snapshot, layers.remaining);
  const alike =
    mesh === undefined || network === undefined ? [{ kin: '', members: clients }] : classesOf(mesh, clients, network);
  const seenOf = seenAtPerimeters(perimeters, tables, sources);
  return alike.flatMap(({ kin: meshKin, members }) => {
    const classes = new Map<string, { first: Omit<PodClass, 'count'>; count: number }>();
    for (const { pods, ...client } of members) {
      const policies = policiesOf({ ...client, labels: client.podLabels });
      const { inMesh, perimeters: covering } = layersOf(client.namespace);
      const kind = `${client.namespace} ${client.hostNetwork ? 'host' : 'own'} ${policies.key}`;
      for (const [seen, { pod, seenAt, count }] of seenOf(pods, covering)) {
        const key = `${kind}\n${seen}`;
        const found = classes.get(key);
        if (found) found.count += count;
        else classes.set(key, { first: { pod, policies, client, meshKin, inMesh, seenAt }, count });
      }
    }
    return [...classes.values()].map(({ first, count }) => ({ ...first, count }));
  });
}

interface Seen {
  readonly pod: Pod;
  readonly seenAt: readonly SeenAt[];
  count: number;
}

/** Replicas by what perimeters and families of addresses make of them; the first of each. */
function seenAtPerimeters(perimeters: readonly Perimeter[], tables: readonly TableLayer[], sources: Sources) {
  return (pods: readonly Pod[], covering: readonly number[]): ReadonlyMap<string, Seen> => {
    const kinds = new Map<string, Seen>();
    for (const pod of pods) {
      const seenAt = covering.map((at) => seenBy(pod, at, perimeters, sources));
      const seen = seenAt.map((one) => seenKey(perimeters[one.at], tables[one.at], one));
      const key = [...familiesOf(pod), ...seen].join('\n');
      const found = kinds.get(key);
      if (found) found.count += 1;
      else kinds.set(key, { pod, seenAt, count: 1 });
    }
    return kinds;
  };
}

function familiesOf({ addresses }: Pod): readonly boolean[] {
  const families = new Set(addresses.map(familyOf));
  return [families.has(4), families.has(6)];
}

function seenBy(pod: Pod, at: number, perimeters: readonly Perimeter[], sources: Sources): SeenAt {
  const vantage = perimeters[at]?.point.spec.vantage;
  if (vantage === undefined) return { at, sources: [], toward: undefined };
  return { at, sources: sources.ofPod(pod, vantage), toward: sources.toward(pod, vantage) };
}

/** Where pods share an address with others, it matters which; of their own, only what the device makes of it. */
function seenKey(perimeter: Perimeter | undefined, table: TableLayer | undefined, { sources, toward }: SeenAt): string {
  const type = perimeter?.point.spec.vantage.type;
  const treated = (seen: readonly string[]): string => seen.map((source) => table?.classOf(source) ?? '').join(';');
  if (toward) return [sources.join(), toward.key, treated(toward.past)].join(' ');
  return type === 'Node' || type === 'Static' || type === 'EgressIP' ? sources.join() : treated(sources);
}

function layersByNamespace({ snapshot, inMesh, perimeters }: Layers): (namespace: string) => NamespaceLayers {
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  const known = new Map<string, NamespaceLayers>();
  return (namespace) => {
    const labels = labelsOf(namespace);
    const found = known.get(namespace) ?? {
      labels,
      inMesh: inMesh.filter(({ point }) => covers(point, labels)),
      perimeters: perimeters.flatMap(({ point }, at) => (covers(point, labels) ? [at] : [])),
    };
    known.set(namespace, found);
    return found;
  };
}
