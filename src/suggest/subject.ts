import type { Labels, Pod } from '../core/model/snapshot.ts';
import { isLive } from '../core/model/pods.ts';

/** The subject of a policy, as narrow as labels allow. */
export interface Subject {
  readonly podSelector?: { readonly matchLabels: Labels };
  readonly serviceAccounts?: readonly string[];
}

export interface ChosenSubject {
  readonly subject: Subject;
  /** Other workloads that it takes in, because no label tells them apart: `Deployment/worker`. */
  readonly alsoSelects: readonly string[];
  /** There are no pods of the workload to read labels off. */
  readonly unseen: boolean;
}

/** Keys by which people name applications, the most common first: https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
const usualKeys = [
  'app.kubernetes.io/name',
  'app',
  'k8s-app',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/component',
  'name',
];

/** Labels that controllers give to single pods and versions. */
const passing = new Set([
  'pod-template-hash',
  'rollouts-pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
]);

/**
 * The fewest labels that select the pods of a workload and no others of its namespace: one of the usual ones, else any one, else
 * all that its pods have in common; with the ServiceAccount where labels alone do not do.
 */
export function subjectOf(
  pods: readonly Pod[],
  {
    namespace,
    workload,
    serviceAccount,
  }: { readonly namespace: string; readonly workload: string; readonly serviceAccount: string },
): ChosenSubject {
  const there = pods.filter((pod) => pod.namespace === namespace && isLive(pod));
  const isOwn = (pod: Pod): boolean => pod.workload === workload && pod.serviceAccount === serviceAccount;
  const own = there.filter(isOwn);
  const others = there.filter((pod) => !isOwn(pod));
  const workloadsOf = (selected: readonly Pod[]): readonly string[] =>
    [...new Set(selected.map((pod) => pod.workload))].sort();
  if (own.length === 0) {
    const taken = others.filter((pod) => pod.serviceAccount === serviceAccount);
    return { subject: { serviceAccounts: [serviceAccount] }, alsoSelects: workloadsOf(taken), unseen: true };
  }
  const common = commonLabels(own);
  const taking = (labels: Labels, account: boolean): readonly Pod[] =>
    others.filter((pod) => has(pod.labels, labels) && (!account || pod.serviceAccount === serviceAccount));
  const keys = [
    ...usualKeys.filter((key) => key in common),
    ...Object.keys(common)
      .filter((key) => !usualKeys.includes(key))
      .sort(),
  ];
  const candidates = [...keys.map((key) => ({ [key]: common[key] ?? '' })), common].filter(
    (labels) => Object.keys(labels).length > 0,
  );
  const exact = candidates.find((labels) => taking(labels, false).length === 0);
  if (exact !== undefined) return { subject: { podSelector: { matchLabels: exact } }, alsoSelects: [], unseen: false };
  const subject: Subject = {
    ...(Object.keys(common).length > 0 && { podSelector: { matchLabels: common } }),
    serviceAccounts: [serviceAccount],
  };
  return { subject, alsoSelects: workloadsOf(taking(common, true)), unseen: false };
}

function commonLabels([first, ...rest]: readonly Pod[]): Labels {
  const all = Object.entries(first?.labels ?? {});
  return Object.fromEntries(
    all.filter(([key, value]) => !passing.has(key) && rest.every(({ labels }) => labels[key] === value)),
  );
}

function has(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
