import { textsOf } from '../core/approval/governing.ts';
import type { ClusterEgressPolicy, EgressPolicy } from '../api/kinds.ts';
import type { LabelSelector } from '../api/fields/selector.ts';
import type { Namespace, Pod, Snapshot } from '../core/model/snapshot.ts';
import { syntheticPod } from '../core/model/pods.ts';

/** Whose workloads the flows are of. */
export type WorkloadsFrom = 'both' | 'before' | 'after' | 'policies';

export interface Worlds {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly workloadsFrom: WorkloadsFrom;
}

/**
 * Policies are often kept apart from what they are about. A world without pods has those of the other one; where neither has
 * any, the subject of each policy stands for a workload.
 */
export function withSharedWorkloads(before: Snapshot, after: Snapshot): Worlds {
  const [some, others] = [before.pods.length > 0, after.pods.length > 0];
  if (some && others) return { before, after, workloadsFrom: 'both' };
  if (some) return { before, after: withWorkloadsOf(after, before), workloadsFrom: 'before' };
  if (others) return { before: withWorkloadsOf(before, after), after, workloadsFrom: 'after' };
  const namespaces = [...new Map([...before.namespaces, ...after.namespaces].map((one) => [one.name, one])).values()];
  const pods = distinctPods([before, after].flatMap((world) => subjectsOf(world, namespaces)));
  const subjects = { namespaces, serviceAccounts: [], nodes: [], pods };
  return {
    before: withWorkloadsOf(before, subjects),
    after: withWorkloadsOf(after, subjects),
    workloadsFrom: 'policies',
  };
}

type Workloads = Pick<Snapshot, 'namespaces' | 'serviceAccounts' | 'nodes' | 'pods'>;

function withWorkloadsOf(world: Snapshot, { namespaces, serviceAccounts, nodes, pods }: Workloads): Snapshot {
  return { ...world, serviceAccounts, nodes, pods, namespaces: joined(world.namespaces, namespaces) };
}

/** A namespace that is only mentioned has no labels but its name: then the other world knows it better. */
function joined(own: readonly Namespace[], others: readonly Namespace[]): readonly Namespace[] {
  const known = new Map(others.map((one) => [one.name, one]));
  for (const one of own) if (Object.keys(one.labels).length > 1 || !known.has(one.name)) known.set(one.name, one);
  return [...known.values()];
}

function subjectsOf(world: Snapshot, namespaces: readonly Namespace[]): readonly Pod[] {
  const own = textsOf(world).flatMap((policy) => localSubjects(policy));
  const wide = world.clusterEgressPolicies.flatMap((policy) => clusterSubjects(policy, namespaces));
  return [...own, ...wide];
}

function localSubjects({ metadata: { namespace }, spec: { subject } }: EgressPolicy): readonly Pod[] {
  const { podSelector, serviceAccounts = ['default'] } = subject;
  return serviceAccounts.map((account) => subjectPod(namespace, account, podSelector));
}

/** One in every known namespace: a policy does not change the flows of other namespaces. */
function clusterSubjects({ spec: { subject } }: ClusterEgressPolicy, namespaces: readonly Namespace[]): readonly Pod[] {
  const { podSelector, serviceAccounts } = subject;
  if (serviceAccounts === undefined) return namespaces.map(({ name }) => subjectPod(name, 'default', podSelector));
  return serviceAccounts.map(({ namespace, name }) => subjectPod(namespace, name, podSelector));
}

/** What a subject selects, as one pod. */
function subjectPod(namespace: string, serviceAccount: string, selector: LabelSelector | undefined): Pod {
  const labels = labelsFor(selector);
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const workload = texts.length === 0 ? 'any pod' : `pods ${texts.sort().join(',')}`;
  const uid = JSON.stringify([namespace, workload, serviceAccount]);
  return syntheticPod({ uid, namespace, name: workload, labels, serviceAccount, workload });
}

/** The fewest labels that the selector selects. */
function labelsFor({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): Pod['labels'] {
  const wanted = matchExpressions.flatMap(({ key, operator, values: [first = ''] = [] }) =>
    operator === 'In' || operator === 'Exists' ? [[key, first] as const] : [],
  );
  return { ...Object.fromEntries(wanted), ...matchLabels };
}

function distinctPods(pods: readonly Pod[]): readonly Pod[] {
  return [...new Map(pods.map((pod) => [pod.uid, pod])).values()];
}
