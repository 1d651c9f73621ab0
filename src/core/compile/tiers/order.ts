import type { ClusterEgressPolicy } from '../../../api/kinds.ts';
import { compareText, type Problem } from '../../model/problem.ts';
import type { Requirements } from '../../select/requirements.ts';
import type { Policy } from '../intents/policy-index.ts';
import type { TierRule } from './tier-table.ts';
import { narrow } from '../inputs/subject.ts';

type Tier = ClusterEgressPolicy['spec']['tier'];

/** The intents of both tiers in order, as far as they concern these namespaces. */
export function orderTiers(
  policies: readonly Policy<ClusterEgressPolicy>[],
  namespaces: Requirements,
): { admin: readonly TierRule[]; baseline: readonly TierRule[] } {
  const tier = (wanted: Tier): TierRule[] =>
    inOrder(policies, wanted)
      .flatMap(({ resolved }) => resolved.intents)
      .flatMap((intent, index) => {
        const subject = narrow(intent.subject, namespaces);
        const { destination, ports } = intent;
        return subject ? [{ intent, position: index, subject, destination, ports }] : [];
      });
  return { admin: tier('Admin'), baseline: tier('Baseline') };
}

/** Policies of equal priority have an order nobody chose. */
export function priorityProblems(policies: readonly Policy<ClusterEgressPolicy>[]): readonly Problem[] {
  return (['Admin', 'Baseline'] as const).flatMap((tier) => {
    const sorted = inOrder(
      policies.filter(({ resolved }) => resolved.intents.length > 0),
      tier,
    );
    return sorted.flatMap(({ object: { metadata, spec } }, index): Problem[] => {
      const previous = sorted[index - 1]?.object;
      if (previous?.spec.priority !== spec.priority) return [];
      return [
        {
          severity: 'warning',
          subject: `ClusterEgressPolicy/${metadata.name}`,
          field: 'spec.priority',
          code: 'equal-priority',
          message: `has priority ${spec.priority} like ${previous.metadata.name}, so that its name decides that it comes second; give each its own`,
        },
      ];
    });
  });
}

/** By priority, then by name. */
function inOrder(policies: readonly Policy<ClusterEgressPolicy>[], tier: Tier): readonly Policy<ClusterEgressPolicy>[] {
  return policies
    .filter(({ object }) => object.spec.tier === tier)
    .sort(
      ({ object: a }, { object: b }) =>
        a.spec.priority - b.spec.priority || compareText(a.metadata.name, b.metadata.name),
    );
}
