import type { EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { grouped } from '../model/grouped.ts';
import type { Labels, Snapshot } from '../model/snapshot.ts';
import { faultOfSelector, requirementsMatch, requirementsOf } from '../select/requirements.ts';
import { labelsOfNamespace } from '../select/subject.ts';
import type { Governing } from './in-force.ts';

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

/** One whose selector cannot be read concerns every namespace: it is there to limit. */
export function concerns({ spec: { namespaceSelector } }: EgressDelegation, labels: Labels): boolean {
  if (namespaceSelector && faultOfSelector(namespaceSelector) !== undefined) return true;
  const requirements = requirementsOf(namespaceSelector);
  return requirements !== undefined && requirementsMatch(requirements, labels);
}
