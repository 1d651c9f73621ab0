import type { EgressPolicy } from '../../../api/kinds.ts';
import { compareText, type Problem } from '../../../api/problem.ts';
import type { Labels } from '../../model/snapshot.ts';
import type { Policy } from '../intents/policy.ts';

/** On a Namespace, whose labels its tenants do not write: its share, instead of what points say. */
export const quotaLabel = 'postern.dev/quota';

type NamespacePolicy = Policy<EgressPolicy>;

export interface Admitted {
  readonly policies: readonly NamespacePolicy[];
  /** One for each policy that is left out. */
  readonly problems: readonly Problem[];
}

/**
 * The policies of one namespace that fit into its share: denying ones first, then the oldest. So whoever comes last is
 * left out, and nothing is accepted while a Deny is left out.
 *
 * @param share entries of `to` in all of them; undefined: as many as there are
 */
export function withinQuota(policies: readonly NamespacePolicy[], labels: Labels, share: number | undefined): Admitted {
  const most = shareOf(labels) ?? share;
  if (most === undefined) return { policies, problems: none };
  const cost = policies.reduce((sum, { resolved }) => sum + resolved.intents.length, 0);
  if (cost <= most) return { policies, problems: none };
  const admitted: NamespacePolicy[] = [];
  const left: NamespacePolicy[] = [];
  let used = 0;
  for (const policy of policies.toSorted(byPrecedence)) {
    used += policy.resolved.intents.length;
    (used <= most ? admitted : left).push(policy);
  }
  return { policies: admitted, problems: left.map((policy) => refusal(policy, most)) };
}

const none: readonly never[] = [];

function shareOf(labels: Labels): number | undefined {
  const text = labels[quotaLabel] ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function byPrecedence({ object: a }: NamespacePolicy, { object: b }: NamespacePolicy): number {
  const rank = ({ spec }: EgressPolicy): number => (spec.action === 'Deny' ? 0 : 1);
  const age = ({ metadata }: EgressPolicy): string => metadata.creationTimestamp ?? '';
  return rank(a) - rank(b) || compareText(age(a), age(b)) || compareText(a.metadata.name, b.metadata.name);
}

function refusal({ object: { metadata } }: NamespacePolicy, most: number): Problem {
  const { namespace, name } = metadata;
  return {
    severity: 'error',
    subject: `EgressPolicy/${namespace}/${name}`,
    field: 'spec.to',
    code: 'quota-exceeded',
    message: `namespace ${namespace} has more entries of "to" than the ${most} that are its share (spec.quota of a point, or the label ${quotaLabel} of the namespace): this policy is left out, as the newest are; take out what is no longer needed, or ask for a larger share`,
  };
}
