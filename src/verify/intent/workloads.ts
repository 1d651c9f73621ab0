import { compareText } from '../../api/problem.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { isLive } from '../values/pods.ts';
import type { Remaining } from '../values/time.ts';
import { readIntent, type PodPolicies } from './intent.ts';

/** One application: the live pods of one workload under one ServiceAccount. */
export interface Workload {
  readonly namespace: string;
  /** `Deployment/checkout` */
  readonly workload: string;
  /** It was inferred from names and labels, because the owner of the pods' owner was not at hand. */
  readonly workloadBy?: 'convention';
  readonly serviceAccount: string;
  readonly pods: readonly Pod[];
}

/** Sorted by namespace, workload and ServiceAccount. */
export function workloadsOf(pods: readonly Pod[]): readonly Workload[] {
  const workloads = new Map<string, Workload & { readonly pods: Pod[] }>();
  for (const pod of pods) {
    if (!isLive(pod)) continue;
    const { namespace, workload, workloadBy, serviceAccount } = pod;
    const key = JSON.stringify([namespace, workload, serviceAccount]);
    const known = workloads.get(key);
    if (known) known.pods.push(pod);
    else workloads.set(key, { namespace, workload, serviceAccount, pods: [pod], ...(workloadBy && { workloadBy }) });
  }
  return [...workloads.values()].sort(
    (a, b) =>
      compareText(a.namespace, b.namespace) ||
      compareText(a.workload, b.workload) ||
      compareText(a.serviceAccount, b.serviceAccount),
  );
}

/** The rules that each pod is subject to. Pods with the same labels are asked about once. */
export function policiesOfPods(snapshot: Snapshot, remaining: Remaining): (pod: Pod) => PodPolicies {
  const read = readIntent(snapshot, remaining);
  const known = new Map<string, PodPolicies>();
  return (pod) => {
    const labels = Object.entries(pod.labels).sort(([a], [b]) => compareText(a, b));
    const key = JSON.stringify([pod.namespace, pod.serviceAccount, labels]);
    const found = known.get(key) ?? read(pod);
    known.set(key, found);
    return found;
  };
}
