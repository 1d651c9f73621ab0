import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { labelsOfNamespace } from '../../core/select/subject.ts';
import { subjectMatcher, type Subject } from '../../verify/intent/rules.ts';
import { policiesOf, type Policy } from '../entries.ts';

/** A pod, and what a policy selects it by. */
interface Candidate extends Subject {
  readonly pod: Pod;
}

export interface Selected {
  readonly policy: Policy;
  readonly pods: readonly Pod[];
}

/** Every policy whose subject can be read, with the pods that it selects. */
export function selections(snapshot: Snapshot): readonly Selected[] {
  const { all, byNamespace } = candidatesOf(snapshot);
  return policiesOf(snapshot).flatMap((policy) => {
    const matches = subjectMatcher(policy);
    if (matches === undefined) return [];
    const candidates = policy.kind === 'EgressPolicy' ? (byNamespace.get(policy.metadata.namespace) ?? []) : all;
    return [{ policy, pods: candidates.filter(matches).map(({ pod }) => pod) }];
  });
}

function candidatesOf({ pods, namespaces }: Snapshot): {
  readonly all: readonly Candidate[];
  readonly byNamespace: ReadonlyMap<string, readonly Candidate[]>;
} {
  const labelsOf = new Map(namespaces.map(({ name, labels }) => [name, labelsOfNamespace(name, labels)]));
  const byNamespace = new Map<string, Candidate[]>();
  const all = pods.map((pod) => {
    const { namespace, labels, serviceAccount } = pod;
    const namespaceLabels = labelsOf.get(namespace) ?? labelsOfNamespace(namespace);
    const candidate = { namespace, labels, serviceAccount, namespaceLabels, pod };
    const others = byNamespace.get(namespace);
    if (others) others.push(candidate);
    else byNamespace.set(namespace, [candidate]);
    return candidate;
  });
  return { all, byNamespace };
}
