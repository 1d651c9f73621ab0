import type { Pod } from '../model/snapshot.ts';
import type { Population } from './population.ts';
import type { Vantage } from './vantage.ts';

/** A group whose addresses are those of other workloads too: at this point they gain the same access. */
export interface OverGrant {
  /** Id of the accepting group. */
  readonly group: string;
  readonly title: string;
  /** `namespace/Kind/name`, sorted, the first few. */
  readonly workloads: readonly string[];
  /** Of how many. */
  readonly count: number;
}

/** An accepting group and the pods it is meant for. */
export interface Granted {
  readonly id: string;
  readonly title: string;
  readonly pods: ReadonlySet<Pod>;
}

const shown = 10;

/** `covers`: whether pods of a namespace are seen at the point at all. */
export function overGrantsOf(
  groups: readonly Granted[],
  { type }: Vantage,
  population: Population,
  covers: (namespace: string) => boolean,
): readonly OverGrant[] {
  if (type === 'Pod') return [];
  const behind = type === 'Node' ? [] : workloadsOf(podsInside(population, covers));
  return groups.flatMap(({ id, title, pods }) => {
    const meant = new Set(workloadsOf(pods));
    const neighbours = type === 'Node' ? workloadsOf(podsBeside(pods, population)) : meant.size > 0 ? behind : [];
    const count = neighbours.reduce((sum, workload) => (meant.has(workload) ? sum : sum + 1), 0);
    if (count === 0) return [];
    const workloads: string[] = [];
    for (const workload of neighbours) {
      if (!meant.has(workload)) workloads.push(workload);
      if (workloads.length === shown) break;
    }
    return [{ group: id, title, workloads, count }];
  });
}

function* podsInside(population: Population, covers: (namespace: string) => boolean): Iterable<Pod> {
  for (const pod of population.livePods()) if (!pod.hostNetwork && covers(pod.namespace)) yield pod;
}

function* podsBeside(pods: Iterable<Pod>, population: Population): Iterable<Pod> {
  const nodes = new Set<string>();
  for (const { node } of pods) if (node !== '') nodes.add(node);
  for (const node of nodes) yield* population.livePodsOn(node);
}

function workloadsOf(pods: Iterable<Pod>): readonly string[] {
  const workloads = new Set<string>();
  for (const { namespace, workload } of pods) workloads.add(`${namespace}/${workload}`);
  return [...workloads].sort();
}
