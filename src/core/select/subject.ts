import type { GroupSubject } from '../model/desired.ts';
import type { Labels, Pod } from '../model/snapshot.ts';
import {
  conjoinRequirements,
  requirementsImply,
  requirementsMatch,
  requirementsText,
  selectorOf,
  type Requirements,
} from './requirements.ts';

/** https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
export const nameLabel = 'kubernetes.io/metadata.name';

/** Which pods a rule is about, in normal form. All parts must hold. */
export interface Subject {
  /** Equal for equal subjects. */
  readonly key: string;
  /** Set: pods of this one namespace, and `namespaces` is empty. */
  readonly namespace: string | undefined;
  readonly namespaces: Requirements;
  readonly pods: Requirements;
  /** `namespace/name`, sorted; undefined: whichever. Never empty. */
  readonly serviceAccounts: readonly string[] | undefined;
}

/** Every pod of every namespace. */
export const everyone: Subject = {
  key: '|||',
  namespace: undefined,
  namespaces: [],
  pods: [],
  serviceAccounts: undefined,
};

/** A subject from its parts; undefined when nothing can match: no ServiceAccount is left, or none of this namespace. */
export function subjectOf(asked: Omit<Subject, 'key'>): Subject | undefined {
  const { namespace, namespaces, pods } = asked;
  const local = asked.serviceAccounts?.filter((name) => namespace === undefined || isIn(namespace, name));
  if (local?.length === 0) return undefined;
  const serviceAccounts = local && [...new Set(local)].sort();
  const accounts = serviceAccounts?.join(',') ?? '';
  const key = `${namespace ?? ''}|${requirementsText(namespaces)}|${requirementsText(pods)}|${accounts}`;
  return { key, namespace, namespaces, pods, serviceAccounts };
}

/** Pods that both are about; undefined when there can be none. Both are of one namespace, or neither is. */
export function conjoinSubjects(a: Subject, b: Subject): Subject | undefined {
  if (subjectImplies(a, b)) return a;
  if (subjectImplies(b, a)) return b;
  if (a.namespace !== b.namespace) return undefined;
  const namespaces = conjoinRequirements(a.namespaces, b.namespaces);
  const pods = conjoinRequirements(a.pods, b.pods);
  if (!namespaces || !pods) return undefined;
  const shared = b.serviceAccounts && a.serviceAccounts?.filter((name) => b.serviceAccounts?.includes(name));
  const serviceAccounts = shared ?? a.serviceAccounts ?? b.serviceAccounts;
  return subjectOf({ namespace: a.namespace, namespaces, pods, serviceAccounts });
}

/** Is every pod that `a` is about one that `b` is about, whatever pods there are? */
export function subjectImplies(a: Subject, b: Subject): boolean {
  if (a === b) return true;
  return (
    (b.namespace === undefined || a.namespace === b.namespace) &&
    requirementsImply(a.namespaces, b.namespaces) &&
    podsImply(a, b)
  );
}

/** Is every pod that `a` is about, within a namespace with these labels, one that the cluster-wide `b` is about? */
export function subjectImpliesWithin(labels: Labels, a: Subject, b: Subject): boolean {
  return requirementsMatch(b.namespaces, labels) && podsImply(a, b);
}

function podsImply(a: Subject, b: Subject): boolean {
  return (
    requirementsImply(a.pods, b.pods) &&
    (!b.serviceAccounts || a.serviceAccounts?.every((name) => b.serviceAccounts?.includes(name)) === true)
  );
}

/** The part of a cluster-wide subject inside one namespace; undefined when the namespace is not meant. */
export function localise(subject: Subject, namespace: string, labels: Labels): Subject | undefined {
  if (!requirementsMatch(subject.namespaces, labels)) return undefined;
  const { pods, serviceAccounts } = subject;
  return subjectOf({ namespace, namespaces: everyone.namespaces, pods, serviceAccounts });
}

/**
 * The labels that selectors see. The API server gives every namespace its name as a label, so one that lacks it, or
 * that has no object yet, is treated as if it had it.
 */
export function labelsOfNamespace(name: string, labels: Labels = {}): Labels {
  return labels[nameLabel] === name ? labels : { ...labels, [nameLabel]: name };
}

/** Do pod labels and ServiceAccount fit? The namespace is the caller's to check. */
export function podMatches(subject: Subject, pod: Pick<Pod, 'namespace' | 'labels' | 'serviceAccount'>): boolean {
  const accounts = subject.serviceAccounts;
  return (
    (!accounts || accounts.includes(`${pod.namespace}/${pod.serviceAccount}`)) &&
    requirementsMatch(subject.pods, pod.labels)
  );
}

/** Is it about every pod of its namespaces? */
export function asksNothingOfPods({ pods, serviceAccounts }: Subject): boolean {
  return pods.length === 0 && serviceAccounts === undefined;
}

/** The subject in the form in which Kubernetes objects state it. */
export function groupSubjectOf({
  namespace,
  namespaces,
  pods,
  serviceAccounts,
}: Subject): Omit<GroupSubject, 'namespaces'> {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    namespaceSelector: selectorOf(namespaces),
    podSelector: selectorOf(pods),
    ...(serviceAccounts ? { serviceAccounts } : {}),
  };
}

/** For people: `pods app=app-a in namespace test-app as ServiceAccount test-app/app-a`. */
export function subjectTitle({ namespace, namespaces, pods, serviceAccounts }: Subject): string {
  const which = pods.length === 0 ? 'pods' : `pods ${requirementsText(pods)}`;
  const every = namespaces.length === 0 ? 'every namespace' : `namespaces ${requirementsText(namespaces)}`;
  const where = namespace === undefined ? every : `namespace ${namespace}`;
  const who = serviceAccounts ? [`as ServiceAccount ${serviceAccounts.join(' or ')}`] : [];
  // Joined: a text that is pieced together keeps its pieces, and there are many.
  return [which, 'in', where, ...who].join(' ');
}

function isIn(namespace: string, serviceAccount: string): boolean {
  return serviceAccount.startsWith(`${namespace}/`);
}
