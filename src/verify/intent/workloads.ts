import { compareText } from '../../api/problem.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { textsOf } from '../../core/approval/governing.ts';
import { isLive } from '../values/pods.ts';
import { keysOf } from '../values/selector.ts';
import type { Remaining } from '../values/time.ts';
import { readIntent, type IntentSubject, type PodPolicies } from './intent.ts';

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

/** The rules that each pod is subject to. Pods that no policy's selector tells apart are asked about once. */
export function policiesOfPods(snapshot: Snapshot, remaining: Remaining): (pod: IntentSubject) => PodPolicies {
  const read = readIntent(snapshot, remaining);
  const known = new Map<string, PodPolicies>();
  const keys = keysAsked(snapshot);
  return (pod) => {
    const key = JSON.stringify([pod.namespace, pod.serviceAccount, ...keys.map((one) => pod.labels[one])]);
    const found = known.get(key) ?? read(pod);
    known.set(key, found);
    return found;
  };
}

/** Keys of the labels of pods that any policy asks for, of whatever was ever approved too. */
function keysAsked(snapshot: Snapshot): readonly string[] {
  const subjects = [...textsOf(snapshot), ...snapshot.clusterEgressPolicies].map(({ spec }) => spec.subject);
  return [...new Set(subjects.flatMap(({ podSelector }) => keysOf(podSelector ?? {})))];
}
