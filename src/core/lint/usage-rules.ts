import { compareText } from '../model/problem.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { labelsOfNamespace } from '../select/subject.ts';
import { subjectMatcher, type Subject } from '../verify/reading.ts';
import { nameOf, policiesOf, references } from './entries.ts';
import type { Finding, LintInput, LintRule } from './rule.ts';

/** What has no effect. */
export const usageRules: readonly LintRule[] = [
  { id: 'unused-service', severity: 'info', check: unusedServices },
  { id: 'selects-nothing', severity: 'warning', check: selectsNothing },
  { id: 'no-enforcement-point', severity: 'info', check: noEnforcementPoint },
];

function unusedServices({ snapshot }: LintInput): readonly Finding[] {
  const used = new Set(references(snapshot).map(({ to }) => to.externalService));
  return snapshot.externalServices
    .filter(({ metadata }) => !used.has(metadata.name))
    .map((service) => ({
      subject: nameOf(service),
      field: '',
      message: 'no policy refers to it; delete it if nobody needs it',
    }));
}

/** Says nothing of files without pods: there it would be true of everything. */
function selectsNothing({ snapshot }: LintInput): readonly Finding[] {
  if (snapshot.pods.length === 0) return [];
  const { all, byNamespace } = subjectsOf(snapshot);
  return policiesOf(snapshot).flatMap((policy) => {
    const matches = subjectMatcher(policy);
    const candidates = policy.kind === 'EgressPolicy' ? (byNamespace.get(policy.metadata.namespace) ?? []) : all;
    if (matches === undefined || candidates.some(matches)) return [];
    return [{ subject: nameOf(policy), field: 'spec.subject', message: 'matches no pod; correct it, or delete it' }];
  });
}

/** Told once, of the first policy: it is true of all of them. */
function noEnforcementPoint({ snapshot }: LintInput): readonly Finding[] {
  const [subject] = policiesOf(snapshot).map(nameOf).sort(compareText);
  if (subject === undefined || snapshot.enforcementPoints.length > 0) return [];
  const message = 'there is no EnforcementPoint, so that nothing enforces this or any other policy; add one';
  return [{ subject, field: '', message }];
}

function subjectsOf({ pods, namespaces }: Snapshot): {
  readonly all: readonly Subject[];
  readonly byNamespace: ReadonlyMap<string, readonly Subject[]>;
} {
  const labelsOf = new Map(namespaces.map(({ name, labels }) => [name, labelsOfNamespace(name, labels)]));
  const byNamespace = new Map<string, Subject[]>();
  const all = pods.map(({ namespace, labels, serviceAccount }) => {
    const namespaceLabels = labelsOf.get(namespace) ?? labelsOfNamespace(namespace);
    const subject = { namespace, labels, serviceAccount, namespaceLabels };
    const others = byNamespace.get(namespace);
    if (others) others.push(subject);
    else byNamespace.set(namespace, [subject]);
    return subject;
  });
  return { all, byNamespace };
}
