import type { EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { grouped } from '../model/grouped.ts';
import type { Labels, Snapshot } from '../model/snapshot.ts';
import { faultOfSelector, requirementsMatch, requirementsOf } from '../select/requirements.ts';
import { labelsOfNamespace } from '../select/subject.ts';
import type { Governing } from './in-force.ts';
import { approvedBy } from './reviewed-policy.ts';

/** What people have said about the policies of a cluster. */
export function governingOf({
  namespaces,
  egressDelegations = [],
  egressApprovals = [],
}: Pick<Snapshot, 'namespaces' | 'egressDelegations' | 'egressApprovals'>): (policy: EgressPolicy) => Governing {
  const labels = new Map(namespaces.map((namespace) => [namespace.name, namespace.labels]));
  const approvals = grouped(
    egressApprovals.map((one) => [`${one.metadata.namespace}/${one.spec.policy.name}`, one] as const),
  );
  return ({ metadata: { namespace, name } }) => {
    const own = labelsOfNamespace(namespace, labels.get(namespace));
    const delegations = egressDelegations.filter((one) => concerns(one, own));
    return { delegations, approvals: approvals.get(`${namespace}/${name}`) ?? [] };
  };
}

/** Every text that may be in force: policies as they stand, and what of them was approved before. */
export function textsOf(snapshot: Pick<Snapshot, 'egressPolicies' | 'egressApprovals'>): readonly EgressPolicy[] {
  const { egressPolicies, egressApprovals = [] } = snapshot;
  if (egressApprovals.length === 0) return egressPolicies;
  const policies = new Map(egressPolicies.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
  const kept = egressApprovals.flatMap((approval) => {
    const policy = policies.get(`${approval.metadata.namespace}/${approval.spec.policy.name}`);
    const approved = policy && approvedBy(approval, policy);
    return approved === undefined || approved.current ? [] : [approved.policy];
  });
  return [...egressPolicies, ...kept];
}

/** One whose selector cannot be read concerns every namespace: it is there to limit. */
export function concerns({ spec: { namespaceSelector } }: EgressDelegation, labels: Labels): boolean {
  if (namespaceSelector && faultOfSelector(namespaceSelector) !== undefined) return true;
  const requirements = requirementsOf(namespaceSelector);
  return requirements !== undefined && requirementsMatch(requirements, labels);
}
