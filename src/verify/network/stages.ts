import { anyOf } from '../values/tri-state.ts';
import { baselineTier, slotsOf, type TieredPolicy } from './antrea/policies.ts';
import { calicoStages } from './calico/tiers.ts';
import { ciliumRules } from './cilium/policies.ts';
import type { PodEnd } from './ends/ends.ts';
import { namespacedRules } from './kubernetes/policies.ts';
import type { Policies } from './policies.ts';
import { inDoubt, rulesFor, stageOf, type Rule, type Slot, type Stage } from './rules.ts';
import { inOrder } from './upstream/policies.ts';

/** What is asked of a pod's flows, in the order in which its network plugin asks. */
export function stagesFor(policies: Policies, from: PodEnd): readonly Stage[] {
  const first = stageOf(policies.doubtful.flatMap((policy) => rulesFor(policy, from)));
  const rest = byPlugin(policies, from);
  return [first, ...rest.map((stage) => (stage.passTo === undefined ? stage : { ...stage, passTo: stage.passTo + 1 }))];
}

function byPlugin(policies: Policies, from: PodEnd): readonly Stage[] {
  const { upstream, networkPolicies: own, calico, plugin } = policies;
  if (plugin === 'Cilium') return onCilium(policies, from);
  if (plugin === 'Antrea') return onAntrea(policies, from);
  if (plugin === 'Calico') return calicoStages(calico, { networkPolicies: own, ...upstream }, from);
  return [
    { slots: inOrder(upstream.admin, from), passTo: 2 },
    { slots: inOrder(upstream.olderAdmin, from) },
    namespacedStage(policies, from),
    { slots: inOrder(upstream.baseline, from) },
    { slots: inOrder(upstream.olderBaseline, from) },
  ];
}

function namespacedStage({ networkPolicies }: Policies, from: PodEnd): Stage {
  const { rules, isolation } = namespacedRules(networkPolicies, from, 'destination');
  return stageOf([...rules, ...isolation]);
}

/** Kinds add up, denials before all; what Cilium 1.20 makes of the Baseline tier below an isolated pod is not what the API says. */
function onCilium({ cilium, networkPolicies, upstream }: Policies, from: PodEnd): readonly Stage[] {
  const own = ciliumRules(cilium, from);
  const shared = namespacedRules(networkPolicies, from, 'destination');
  const isolation = [...own.isolation, ...shared.isolation];
  const isIsolated: Rule['matches'] = (...flow) => anyOf(isolation.map(({ matches }) => matches(...flow)));
  const baseline =
    isolation.length === 0
      ? []
      : upstream.baseline.map((policy) => inDoubt(policy, 'and Cilium may ask it although the pod is isolated'));
  return [
    { slots: inOrder(upstream.admin, from) },
    stageOf([
      ...own.rules,
      ...shared.rules,
      ...baseline
        .flatMap((policy) => rulesFor(policy, from))
        .map((rule) => ({ ...rule, matches: both(rule.matches, isIsolated) })),
      ...isolation,
    ]),
    { slots: inOrder(upstream.baseline, from) },
  ];
}

function both(a: Rule['matches'], b: Rule['matches']): Rule['matches'] {
  return (...flow) => (b(...flow) === 'no' ? 'no' : a(...flow));
}

/** Where Antrea puts the kinds of the upstream API among its own tiers. */
const antreaTiers = { admin: 220, olderAdmin: 251 } as const;

function onAntrea(policies: Policies, from: PodEnd): readonly Stage[] {
  const { antrea, upstream } = policies;
  const byTier = new Map<number, readonly Slot[]>();
  const tiers = new Set(antrea.policies.map(({ tier }) => tier));
  const inTier = (tier: number): readonly TieredPolicy[] => antrea.policies.filter((policy) => policy.tier === tier);
  for (const tier of tiers) if (tier !== baselineTier) byTier.set(tier, slotsOf(inTier(tier), from));
  for (const kind of ['admin', 'olderAdmin'] as const) {
    const tier = antreaTiers[kind];
    byTier.set(tier, [...(byTier.get(tier) ?? []), ...inOrder(upstream[kind], from)]);
  }
  const unplaced = stageOf(antrea.unplaced.flatMap((policy) => rulesFor(policy, from)));
  const sorted = [...byTier].sort(([a], [b]) => a - b).map(([, slots]) => slots);
  const namespaced = sorted.length + 1;
  return [
    unplaced,
    ...sorted.map((slots) => ({ slots, passTo: namespaced })),
    namespacedStage(policies, from),
    { slots: sideBySide(slotsOf(inTier(baselineTier), from), inOrder(upstream.baseline, from)) },
    { slots: inOrder(upstream.olderBaseline, from) },
  ];
}

/** Which of the two comes first is not defined. */
function sideBySide(a: readonly Slot[], b: readonly Slot[]): readonly Slot[] {
  if (a.length === 0 || b.length === 0) return [...a, ...b];
  return [[a.flat(2), b.flat(2)]];
}
