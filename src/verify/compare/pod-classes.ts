import type { MeshClient } from '../mesh/answer.ts';
import { classesOf } from '../mesh/classes.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import { labelsOfNamespace } from '../../core/select/subject.ts';
import { readIntent, type Jurisdiction } from '../intent/intent.ts';
import { covers, type InMeshPoint, type Layers, type Perimeter } from '../layers.ts';
import { meshMode } from '../mesh/mode.ts';
import { hasEnded, type Sources } from '../perimeter/sources.ts';
import type { TableLayer } from '../perimeter/table-layer.ts';

/** One perimeter as a pod meets it. */
export interface Meeting {
  /** Which of the perimeters. */
  readonly at: number;
  readonly sources: readonly string[];
}

/** Pods that no layer tells apart. */
export interface PodClass {
  readonly pod: Pod;
  /** How many pods it stands for. */
  readonly count: number;
  readonly jurisdiction: Jurisdiction;
  readonly client: MeshClient;
  /** Equal where the mesh treats them alike. */
  readonly meshKey: string;
  readonly inMesh: readonly InMeshPoint[];
  readonly meetings: readonly Meeting[];
}

interface Client extends MeshClient {
  readonly pod: Pod;
}

/** What there is to know of each namespace. */
interface Place {
  readonly labels: Labels;
  readonly inMesh: readonly InMeshPoint[];
  readonly perimeters: readonly number[];
}

/** Linear in the pods. Pods of gateways, pods that end, and those that no layer but the intent is about are left out. */
export function podClasses(layers: Layers, tables: readonly TableLayer[], sources: Sources): readonly PodClass[] {
  const { snapshot, mesh, perimeters } = layers;
  const placeOf = places(layers);
  const clients = snapshot.pods.flatMap((pod): Client[] => {
    if (hasEnded(pod) || pod.deleting || sources.isGateway(pod)) return [];
    const { labels, inMesh, perimeters: covering } = placeOf(pod.namespace);
    if (covering.length === 0 && inMesh.length === 0) return [];
    const meshed = meshMode(pod, labels, inMesh);
    const { namespace, serviceAccount, addresses } = pod;
    return [{ pod, namespace, podLabels: pod.labels, serviceAccount, meshed, addresses }];
  });
  const jurisdictionOf = jurisdictions(layers);
  const alike = mesh === undefined ? [{ key: '', members: clients }] : classesOf(mesh, clients);
  return alike.flatMap(({ key: meshKey, members }) => {
    const classes = new Map<string, { first: Omit<PodClass, 'count'>; count: number }>();
    for (const { pod, ...client } of members) {
      const jurisdiction = jurisdictionOf(pod);
      const { inMesh, perimeters: covering } = placeOf(pod.namespace);
      const meetings = covering.map((at) => meeting(pod, at, perimeters, sources));
      const places = meetings.map(({ at, sources: seen }) => seenAs(perimeters[at], tables[at], seen));
      const key = JSON.stringify([pod.namespace, pod.hostNetwork, jurisdiction.key, places]);
      const found = classes.get(key);
      if (found) found.count += 1;
      else classes.set(key, { first: { pod, jurisdiction, client, meshKey, inMesh, meetings }, count: 1 });
    }
    return [...classes.values()].map(({ first, count }) => ({ ...first, count }));
  });
}

function meeting(pod: Pod, at: number, perimeters: readonly Perimeter[], sources: Sources): Meeting {
  const vantage = perimeters[at]?.point.spec.vantage;
  return { at, sources: vantage === undefined ? [] : sources.ofPod(pod, vantage) };
}

/** Where pods share an address with others, it matters which; of their own, only what the device makes of it. */
function seenAs(perimeter: Perimeter | undefined, table: TableLayer | undefined, seen: readonly string[]): string {
  const type = perimeter?.point.spec.vantage.type;
  if (type === 'Node' || type === 'Static') return seen.join();
  return seen.map((source) => table?.classOf(source) ?? '').join(';');
}

function places({ snapshot, inMesh, perimeters }: Layers): (namespace: string) => Place {
  const labelsOf = new Map(snapshot.namespaces.map(({ name, labels }) => [name, labelsOfNamespace(name, labels)]));
  const known = new Map<string, Place>();
  return (namespace) => {
    const labels = labelsOf.get(namespace) ?? labelsOfNamespace(namespace);
    const found = known.get(namespace) ?? {
      labels,
      inMesh: inMesh.filter(({ point }) => covers(point, labels)),
      perimeters: perimeters.flatMap(({ point }, at) => (covers(point, labels) ? [at] : [])),
    };
    known.set(namespace, found);
    return found;
  };
}

/** Pods with the same labels are subject to the same rules. */
function jurisdictions({ snapshot, remaining }: Layers): (pod: Pod) => Jurisdiction {
  const read = readIntent(snapshot, remaining);
  const known = new Map<string, Jurisdiction>();
  return (pod) => {
    const key = JSON.stringify([pod.namespace, pod.serviceAccount, Object.entries(pod.labels).sort()]);
    const found = known.get(key) ?? read(pod);
    known.set(key, found);
    return found;
  };
}
