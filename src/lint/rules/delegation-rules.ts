import { governingOf } from '../../core/approval/governing.ts';
import { compareText } from '../../api/problem.ts';
import { nameOf } from '../entries.ts';
import type { Finding, LintInput, LintRule } from '../rule.ts';

/** What teams can give themselves. */
export const delegationRules: readonly LintRule[] = [
  { id: 'accepts-by-label-everywhere', severity: 'warning', check: acceptsByLabelEverywhere },
  { id: 'no-delegation', severity: 'info', check: noDelegation },
];

/** A label is no identity: who may create a pod in any namespace can give it one. */
function acceptsByLabelEverywhere({ snapshot }: LintInput): readonly Finding[] {
  return snapshot.clusterEgressPolicies
    .filter(({ spec: { subject, egress } }) => {
      const byLabelAlone = subject.podSelector !== undefined && subject.serviceAccounts === undefined;
      return byLabelAlone && subject.allNamespaces === true && egress.some(({ action }) => action === 'Accept');
    })
    .map((policy) => ({
      subject: nameOf(policy),
      field: 'spec.subject',
      message:
        'accepts pods of every namespace by a label, which everyone who may create a pod can set; name the namespaces, or ServiceAccounts',
    }));
}

/** One finding, on the first policy that no delegation concerns, because it is true of all of those. */
function noDelegation({ snapshot }: LintInput): readonly Finding[] {
  const enforced = snapshot.enforcementPoints.some(({ spec }) => spec.mode === 'Enforce');
  const limited = snapshot.clusterEgressPolicies.some(
    ({ spec }) => spec.tier === 'Admin' && spec.egress.some(({ action }) => action === 'Deny'),
  );
  const governing = governingOf(snapshot);
  const [subject] = snapshot.egressPolicies
    .filter((policy) => policy.spec.action === 'Accept' && governing(policy).delegations.length === 0)
    .map(nameOf)
    .sort(compareText);
  if (!enforced || limited || subject === undefined) return [];
  const message =
    'no EgressDelegation covers its namespace, so this policy, and every other such policy, takes effect without approval, and no ClusterEgressPolicy of tier Admin sets limits for teams; write one of the two (docs/approval.md, docs/threat-model.md)';
  return [{ subject, field: '', message }];
}
