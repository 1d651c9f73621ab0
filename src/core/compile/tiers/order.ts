import type { ClusterEgressPolicy } from '../../../api/kinds.ts';
import { compareText, type Problem } from '../../../api/problem.ts';
import type { Requirements } from '../../select/requirements.ts';
import { narrow } from '../inputs/subject.ts';
import type { Policy } from '../intents/policy.ts';
import { matchOf } from './match.ts';
import type { TierRule } from './tier-table.ts';

type ClusterPolicy = Policy<ClusterEgressPolicy>;
type Tier = ClusterEgressPolicy['spec']['tier'];

/** The rules of both tiers in order of evaluation, as far as they concern these namespaces. */
export function orderTiers(
  policies: readonly ClusterPolicy[],
  namespaces: Requirements,
): Record<'admin' | 'baseline', readonly TierRule[]> {
  const rulesOf = (tier: Tier): readonly TierRule[] =>
    inOrder(policies, tier)
      .flatMap(({ resolved }) => resolved.intents)
      .flatMap((intent, position) => {
        const subject = narrow(intent.subject, namespaces);
        return subject ? [{ intent, position, ...matchOf(intent), subject }] : [];
      });
  return { admin: rulesOf('Admin'), baseline: rulesOf('Baseline') };
}

/** Nobody chose the order of policies of equal priority. */
export function priorityProblems(policies: readonly ClusterPolicy[]): readonly Problem[] {
  const active = policies.filter(({ resolved }) => resolved.intents.length > 0);
  return (['Admin', 'Baseline'] as const).flatMap((tier) => {
    const ordered = inOrder(active, tier).map(({ object }) => object);
    return ordered.flatMap(({ metadata, spec }, index): Problem[] => {
      const previous = ordered[index - 1];
      if (previous?.spec.priority !== spec.priority) return [];
      const message = `has priority ${spec.priority} like ${previous.metadata.name}, so that its name decides that it comes second; give each its own`;
      const subject = `ClusterEgressPolicy/${metadata.name}`;
      return [{ severity: 'warning', subject, field: 'spec.priority', code: 'equal-priority', message }];
    });
  });
}

/** By priority, then by name. */
function inOrder(policies: readonly ClusterPolicy[], tier: Tier): readonly ClusterPolicy[] {
  return policies
    .filter(({ object }) => object.spec.tier === tier)
    .sort(
      ({ object: a }, { object: b }) =>
        a.spec.priority - b.spec.priority || compareText(a.metadata.name, b.metadata.name),
    );
}
