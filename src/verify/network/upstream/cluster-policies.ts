import { readKind } from '../../values/objects.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import type { Policy } from '../rules.ts';
import { adminNetworkPolicySchema, baselineAdminNetworkPolicySchema, clusterNetworkPolicySchema } from './objects.ts';
import { clusterPolicy, type Implementation, type Prioritized } from './policies.ts';

/** The policies of administrators that the upstream API has, by their tiers. */
export interface ClusterPolicies {
  readonly admin: readonly Prioritized[];
  readonly baseline: readonly Prioritized[];
  /** AdminNetworkPolicy and BaselineAdminNetworkPolicy, of v1alpha1. */
  readonly olderAdmin: readonly Prioritized[];
  readonly olderBaseline: readonly Prioritized[];
  readonly unreadable: readonly Policy[];
}

const group = 'policy.networking.k8s.io';

export function readClusterPolicies({ byKind }: NetworkObjects, implementation: Implementation): ClusterPolicies {
  const current = readKind(byKind, `${group}/ClusterNetworkPolicy`, clusterNetworkPolicySchema, 'Cluster');
  const admin = readKind(byKind, `${group}/AdminNetworkPolicy`, adminNetworkPolicySchema, 'Cluster');
  const baseline = readKind(byKind, `${group}/BaselineAdminNetworkPolicy`, baselineAdminNetworkPolicySchema, 'Cluster');
  const all = current.objects.map((policy) => ({ tier: policy.tier, policy: clusterPolicy(policy, implementation) }));
  return {
    admin: all.filter(({ tier }) => tier !== 'Baseline').map(({ policy }) => policy),
    baseline: all.filter(({ tier }) => tier === 'Baseline').map(({ policy }) => policy),
    olderAdmin: admin.objects.map((policy) => clusterPolicy(policy, implementation)),
    olderBaseline: baseline.objects.map((policy) => clusterPolicy(policy, implementation)),
    unreadable: [current, admin, baseline].flatMap(({ unreadable }) => unreadable.map(unreadablePolicy)),
  };
}
