import { nameOf, references } from '../entries.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';
import { selections } from './subjects.ts';

/** Objects without effect. */
export const usageRules: readonly LintRule[] = [
  { id: 'unused-service', severity: 'info', check: unusedServices },
  { id: 'selects-nothing', severity: 'warning', check: selectsNothing },
];

function unusedServices({ snapshot }: LintInput): readonly Finding[] {
  const used = new Set(references(snapshot).map(({ to }) => to.externalService));
  return snapshot.externalServices
    .filter(({ metadata }) => !used.has(metadata.name))
    .map((service) => ({
      subject: nameOf(service),
      field: '',
      message: 'no policy refers to it; delete it if it is not needed',
    }));
}

/** Without any pod, as in files of policies alone, it finds nothing, as it would be true of every policy. */
function selectsNothing({ snapshot }: LintInput): readonly Finding[] {
  if (snapshot.pods.length === 0) return [];
  return selections(snapshot)
    .filter(({ pods }) => pods.length === 0)
    .map(({ policy }) => ({
      subject: nameOf(policy),
      field: 'spec.subject',
      message: 'selects no pod; correct the subject, or delete the policy',
    }));
}
