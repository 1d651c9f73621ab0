import type { Pod } from '../../model/snapshot.ts';
import type { PodIndex } from '../pods/pod-index.ts';
import type { Vantage } from '../inputs/vantage.ts';
import { podMatches } from '../../select/subject.ts';

/**
 * Who may more at a point than is meant. A group whose addresses are those of other workloads too: at this point they gain the
 * same access. Or pods on the networks of their nodes, at a point of network policies, which bind none of them.
 */
export interface OverGrant {
  readonly kind: 'shared-addresses' | 'host-network';
  /** Id of the accepting group; of pods on the networks of their nodes, name of the point. */
  readonly group: string;
  /** Of the group. */
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
  /** Live ones. */
  readonly pods: readonly Pod[];
}

const shown = 10;

/** `covers`: whether pods of a namespace are seen at the point at all. */
export function overGrantsOf(
  point: string,
  groups: Iterable<Granted>,
  vantage: Vantage,
  population: PodIndex,
  covers: (namespace: string) => boolean,
): readonly OverGrant[] {
  if (vantage.type === 'Pod') return [];
  if (vantage.type === 'Labels') return unbound(point, population, covers);
  const neighboursOf = neighbourhood(vantage, population, covers);
  const found: OverGrant[] = [];
  for (const { id, title, pods } of groups) {
    const meant = new Set(workloadsOf(pods));
    const neighbours = neighboursOf(pods);
    const count = neighbours.reduce((sum, workload) => (meant.has(workload) ? sum : sum + 1), 0);
    if (count === 0) continue;
    const workloads: string[] = [];
    for (const workload of neighbours) {
      if (!meant.has(workload)) workloads.push(workload);
      if (workloads.length === shown) break;
    }
    found.push({ kind: 'shared-addresses', group: id, title, workloads, count });
  }
  return found;
}

/** https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-and-hostnetwork-pods */
function unbound(point: string, population: PodIndex, covers: (namespace: string) => boolean): readonly OverGrant[] {
  const pods: Pod[] = [];
  for (const pod of population.livePods()) if (pod.hostNetwork && covers(pod.namespace)) pods.push(pod);
  const all = workloadsOf(pods);
  if (all.length === 0) return [];
  return [{ kind: 'host-network', group: point, title: '', workloads: all.slice(0, shown), count: all.length }];
}

/** Who is seen at a point as the pods of a group are. */
function neighbourhood(
  vantage: Exclude<Vantage, { readonly type: 'Pod' | 'Labels' }>,
  population: PodIndex,
  covers: (namespace: string) => boolean,
): (pods: readonly Pod[]) => readonly string[] {
  const { type } = vantage;
  if (type === 'Node') return (pods) => workloadsOf(podsBeside(pods, population));
  if (type === 'EgressIP') {
    return (pods) => workloadsOf([...population.livePodsLeavingAs(pods)].filter(({ namespace }) => covers(namespace)));
  }
  const inside = [...podsInside(population, covers)];
  if (type === 'Identity') {
    const sharing = new Map<string, Pod[]>();
    for (const pod of inside) {
      const pods = sharing.get(identityOf(pod));
      if (pods) pods.push(pod);
      else sharing.set(identityOf(pod), [pod]);
    }
    return (pods) => workloadsOf([...new Set(pods.map(identityOf))].flatMap((id) => sharing.get(id) ?? []));
  }
  const behind = workloadsOf([...inside, ...(type === 'EgressGateway' ? besideGateway(vantage, population) : [])]);
  return (pods) => (pods.length > 0 ? behind : []);
}

function* podsInside(population: PodIndex, covers: (namespace: string) => boolean): Iterable<Pod> {
  for (const pod of population.livePods()) if (!pod.hostNetwork && covers(pod.namespace)) yield pod;
}

/** Where a gateway leaves with the addresses of its nodes, whoever else runs there does, too. */
function* besideGateway(
  { gateway, seenAs }: Extract<Vantage, { readonly type: 'EgressGateway' }>,
  population: PodIndex,
): Iterable<Pod> {
  if (seenAs === 'Pod') return;
  const pods: Pod[] = [];
  for (const pod of population.livePods()) if (podMatches(gateway, pod)) pods.push(pod);
  for (const pod of podsBeside(pods, population)) if (!podMatches(gateway, pod)) yield pod;
}

function* podsBeside(pods: Iterable<Pod>, population: PodIndex): Iterable<Pod> {
  const nodes = new Set<string>();
  for (const { node } of pods) if (node !== '') nodes.add(node);
  for (const node of nodes) yield* population.livePodsOn(node);
}

function identityOf({ namespace, serviceAccount }: Pod): string {
  return `${namespace}/${serviceAccount}`;
}

function workloadsOf(pods: Iterable<Pod>): readonly string[] {
  const workloads = new Set<string>();
  for (const { namespace, workload } of pods) workloads.add(`${namespace}/${workload}`);
  return [...workloads].sort();
}
