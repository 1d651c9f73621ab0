import { compareText } from '../../../api/problem.ts';
import { remembered } from '../../values/remembered.ts';
import { readKind } from '../../values/objects.ts';
import { anyOf } from '../../values/tri-state.ts';
import type { NetworkCluster } from '../ends/cluster.ts';
import type { PodEnd } from '../ends/ends.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import { rulesFor, stageOf, type Policy, type Rule, type Slot, type Stage } from '../rules.ts';
import { inOrder, type Prioritized } from '../upstream/policies.ts';
import { calicoPolicySchema, networkSetSchema, tierSchema, type NetworkSet, type Tier } from './objects.ts';
import { readHosts } from './hosts.ts';
import { labelsOfPod } from './peers.ts';
import { defaultTier, tieredPolicy, type TieredPolicy } from './policies.ts';

export interface CalicoPolicies {
  readonly tiers: readonly Tier[];
  readonly policies: readonly TieredPolicy[];
  readonly unreadable: readonly Policy[];
  readonly sets: readonly NetworkSet[];
  /** What binds nodes. */
  readonly ofNodes: readonly Policy[];
}

/** Policies that show what other kinds of objects say, to be read there. */
const mirrored = /^k(np|anp|banp|cnp)\./;

export function readCalico(objects: NetworkObjects, cluster: NetworkCluster): CalicoPolicies {
  const { byKind } = objects;
  const served = [...byKind.keys()].some((kind) => kind.startsWith('projectcalico.org/'));
  // The other group is where the API server of Calico keeps the same objects.
  const group = served ? 'projectcalico.org' : 'crd.projectcalico.org';
  const sets = ['NetworkSet', 'GlobalNetworkSet'].flatMap(
    (kind) => readKind(byKind, `${group}/${kind}`, networkSetSchema).objects,
  );
  const labelsOf = remembered(labelsOfPod);
  const read = ['NetworkPolicy', 'GlobalNetworkPolicy'].map((kind) => {
    const { objects: found, unreadable } = readKind(
      byKind,
      `${group}/${kind}`,
      calicoPolicySchema,
      kind === 'NetworkPolicy' ? 'Namespaced' : 'Cluster',
    );
    const own = found.filter(({ name }) => !mirrored.test(name));
    return {
      own,
      policies: own.map((policy) => tieredPolicy(kind, policy, { cluster, sets, labelsOf })),
      unreadable: unreadable.map(unreadablePolicy),
    };
  });
  const tiers = readKind(byKind, `${group}/Tier`, tierSchema).objects;
  return {
    tiers,
    policies: read.flatMap(({ policies }) => policies),
    unreadable: read.flatMap(({ unreadable }) => unreadable),
    sets,
    ofNodes: readHosts(
      objects,
      group,
      read.flatMap(({ own }) => own),
    ),
  };
}

/** Kinds of Kubernetes' own that Calico puts into its tiers. */
export interface InTiers {
  readonly networkPolicies: readonly Policy[];
  readonly admin: readonly Prioritized[];
  readonly baseline: readonly Prioritized[];
}

const builtIn: readonly Tier[] = [
  { name: 'kube-admin', order: 1_000, defaultAction: 'Pass' },
  { name: defaultTier, order: 1_000_000, defaultAction: 'Deny' },
  { name: 'kube-baseline', order: 10_000_000, defaultAction: 'Pass' },
];

/** NetworkPolicies have this order in the default tier. */
const orderOfNetworkPolicies = 1_000;

/** The tiers that have a say in the flows of a pod, in their order. */
export function calicoStages(
  { tiers, policies, unreadable }: CalicoPolicies,
  { networkPolicies, admin, baseline }: InTiers,
  from: PodEnd,
): readonly Stage[] {
  const all = [...builtIn.filter(({ name }) => !tiers.some((tier) => tier.name === name)), ...tiers];
  const sorted = all.sort((a, b) => (a.order === b.order ? compareText(a.name, b.name) : a.order - b.order));
  const known = new Set(all.map(({ name }) => name));
  const lost = policies.filter(({ tier }) => !known.has(tier)).map(withoutTier);
  const inDefault = networkPolicies.map((policy): TieredPolicy => ({
    ...policy,
    tier: defaultTier,
    order: orderOfNetworkPolicies,
  }));
  return [
    stageOf([...unreadable, ...lost].flatMap((policy) => rulesFor(policy, from))),
    ...sorted.map(({ name, defaultAction }): Stage => {
      if (name === 'kube-admin') return { slots: inOrder(admin, from) };
      if (name === 'kube-baseline') return { slots: inOrder(baseline, from) };
      const own = [...policies, ...inDefault].filter(({ tier }) => tier === name);
      return tierStage(own, defaultAction, from);
    }),
  ];
}

function withoutTier(policy: TieredPolicy): Policy {
  const reason = `is in tier ${policy.tier}, of which nothing is known`;
  return { ...policy, rules: [{ action: 'Unknown', object: policy.id, reason, matches: () => 'yes' }] };
}

/** Policies by order; those of one order in an order that releases of Calico do not agree on. At the end, the default. */
function tierStage(policies: readonly TieredPolicy[], defaultAction: string, from: PodEnd): Stage {
  const selecting = policies
    .filter((policy) => policy.selects(from) !== 'no')
    .sort((a, b) => (a.order === b.order ? 0 : a.order - b.order));
  const slots = new Map<number, (readonly Rule[])[]>();
  for (const policy of selecting) slots.set(policy.order, [...(slots.get(policy.order) ?? []), rulesFor(policy, from)]);
  const [first] = selecting;
  if (first === undefined || defaultAction === 'Pass') return { slots: [...slots.values()] };
  const end: Rule = {
    action: 'Deny',
    object: first.id,
    reason: `selects the pod, and no policy of its tier lets the destination through`,
    matches: (pod) => anyOf(selecting.map((policy) => policy.selects(pod))),
  };
  const last: Slot = [[end]];
  return { slots: [...slots.values(), last] };
}
