import { readKind } from '../../values/objects.ts';
import { allOf, anyOf, type TriState } from '../../values/tri-state.ts';
import type { NetworkCluster } from '../ends/cluster.ts';
import type { End, PodEnd } from '../ends/ends.ts';
import { nodePolicy } from '../nodes.ts';
import { requiredLabels, selects as isSelected, type RequiredLabel } from '../../values/selector.ts';
import type { NetworkObjects } from '../objects.ts';
import { unreadablePolicy } from '../reading.ts';
import { rulesFor, unknownPolicy, type Policy, type Rule, type Slot } from '../rules.ts';
import { antreaPolicySchema, antreaTierSchema, groupSchema, type AntreaPolicy, type AntreaRule } from './objects.ts';
import { isOnPort, isPeer, isSubject, type Context } from './peers.ts';

/** A policy with the priority of its tier, and its own within it. */
export interface TieredPolicy extends Policy {
  readonly tier: number;
  readonly priority: number;
}

export interface AntreaPolicies {
  readonly policies: readonly TieredPolicy[];
  /** Those of which nobody knows where they stand. */
  readonly unplaced: readonly Policy[];
  /** Those of nodes. */
  readonly ofNodes: readonly Policy[];
}

export const baselineTier = 253;

const tiersAtInstall: Readonly<Record<string, number>> = {
  emergency: 50,
  securityops: 100,
  networkops: 150,
  platform: 200,
  application: 250,
  baseline: baselineTier,
};

export function readAntrea({ byKind, nodes }: NetworkObjects, cluster: NetworkCluster): AntreaPolicies {
  const tiers = new Map(Object.entries(tiersAtInstall));
  for (const { name, priority } of readKind(byKind, 'crd.antrea.io/Tier', antreaTierSchema).objects)
    tiers.set(name, priority);
  const groups = ['Group', 'ClusterGroup'].flatMap(
    (kind) => readKind(byKind, `crd.antrea.io/${kind}`, groupSchema).objects,
  );
  const read = ['NetworkPolicy', 'ClusterNetworkPolicy'].map((kind) => {
    const { objects, unreadable } = readKind(
      byKind,
      `crd.antrea.io/${kind}`,
      antreaPolicySchema,
      kind === 'NetworkPolicy' ? 'Namespaced' : 'Cluster',
    );
    return {
      policies: objects.map((policy) => placed(kind, policy, tiers, { cluster, groups })),
      unreadable: unreadable.map(unreadablePolicy),
      ofNodes: objects.flatMap((policy) => nodePolicyOf(policy, nodes)),
    };
  });
  const all = read.flatMap(({ policies }) => policies);
  return {
    policies: all.filter((policy): policy is TieredPolicy => 'tier' in policy),
    unplaced: [...read.flatMap(({ unreadable }) => unreadable), ...all.filter((policy) => !('tier' in policy))],
    ofNodes: read.flatMap(({ ofNodes }) => ofNodes),
  };
}

const onNodes = 'is about nodes, and binds their pods where the feature NodeNetworkPolicy is on, which no object shows';

function nodePolicyOf({ name, appliedTo, egress }: AntreaPolicy, nodes: NetworkObjects['nodes']): readonly Policy[] {
  const selectors = egress
    .flatMap((rule) => (rule.appliedTo.length > 0 ? rule.appliedTo : appliedTo))
    .flatMap(({ nodeSelector }) => nodeSelector ?? []);
  if (selectors.length === 0) return [];
  const id = `ClusterNetworkPolicy.crd.antrea.io/${name}`;
  return [nodePolicy(id, onNodes, nodes, ({ labels }) => selectors.some((one) => isSelected(one, labels)))];
}

function placed(
  kind: string,
  policy: AntreaPolicy,
  tiers: ReadonlyMap<string, number>,
  around: Omit<Context, 'namespace'>,
): TieredPolicy | Policy {
  const namespace = kind === 'ClusterNetworkPolicy' ? '' : policy.namespace || 'default';
  const id = [`${kind}.crd.antrea.io`, namespace, policy.name].filter(Boolean).join('/');
  const context: Context = { ...around, namespace };
  const { tier: name = 'application', priority, appliedTo, egress } = policy;
  const subjects = egress.map((rule) => (rule.appliedTo.length > 0 ? rule.appliedTo : appliedTo));
  const isMeant = (at: number, from: PodEnd): TriState => {
    if (namespace !== '' && from.namespace !== namespace) return 'no';
    return anyOf((subjects[at] ?? []).map((peer) => isSubject(peer, from, context)));
  };
  const selects: Policy['selects'] = (from) => anyOf(egress.map((_, at) => isMeant(at, from)));
  const receives: Policy['selects'] = (to) => {
    if (policy.ingress.length === 0 || (namespace !== '' && to.namespace !== namespace)) return 'no';
    return appliedTo.length === 0 ? 'unknown' : anyOf(appliedTo.map((peer) => isSubject(peer, to, context)));
  };
  const tier = tiers.get(name.toLowerCase()) ?? tiers.get(name);
  if (tier === undefined) return unknownPolicy(id, `is in tier ${name}, of which nothing is known`, selects);
  const rules = egress.flatMap((rule, at) => rulesOf(rule, at, id, context, (from) => isMeant(at, from)));
  return {
    id,
    ...(namespace === '' ? {} : { namespace }),
    needs: podLabelsIn(policy),
    tier,
    priority,
    selects: (from) => (selects(from) === 'no' ? 'no' : 'yes'),
    receives,
    variant: (from) => egress.map((_, at) => isMeant(at, from)).join(),
    rules,
  };
}

/** Labels that every pod has itself which the policy is about, where one peer says for all rules whom it is about. */
function podLabelsIn({ appliedTo: [only, ...others], egress }: AntreaPolicy): readonly RequiredLabel[] {
  if (others.length > 0 || egress.some(({ appliedTo }) => appliedTo.length > 0)) return [];
  return only === undefined || only.group || only.serviceAccount ? [] : requiredLabels(only.podSelector);
}

const actions: Readonly<Record<string, Rule['action']>> = {
  Allow: 'Allow',
  Drop: 'Deny',
  Reject: 'Deny',
  Pass: 'Pass',
};

/** What rules of layer 7 do not let through is dropped, whatever comes after; who says what to them nobody knows beforehand. */
function rulesOf(
  rule: AntreaRule,
  at: number,
  id: string,
  context: Context,
  isMeant: (from: PodEnd) => TriState,
): Rule[] {
  const whole: Rule = {
    action: actions[rule.action] ?? 'Unknown',
    object: id,
    reason: `says ${rule.action} in its rule ${rule.name ?? `egress[${at}]`}`,
    blocks: rule.to.flatMap(({ ipBlock }) => (ipBlock ? [ipBlock.cidr, ...ipBlock.except] : [])),
    byNames: rule.to.length > 0 && rule.to.every(({ fqdn }) => fqdn !== undefined),
    matches: (from, to, wire) =>
      allOf([isMeant(from), isOnPort(rule, to, wire), isPeer(rule, from, to, wire, context)]),
  };
  if (rule.l7Protocols.length === 0) return [whole];
  const named: Rule['matches'] = (from, to, wire) => (isNamed(rule, to) ? whole.matches(from, to, wire) : 'no');
  const reason = `${whole.reason}, and its l7Protocols judge what is said there`;
  return [
    { ...whole, matches: named },
    { ...whole, action: 'Unknown', reason },
  ];
}

/** Is it the name of which the rule lets through the TLS? Who asks for another may say it all the same. */
function isNamed({ l7Protocols }: AntreaRule, to: End): boolean {
  const asked = to.kind === 'outside' ? to.host : undefined;
  return asked !== undefined && l7Protocols.some(({ tls }) => tls?.sni === asked);
}

/** The rules of one tier for a pod, by the priorities of their policies. */
export function slotsOf(policies: readonly TieredPolicy[], from: PodEnd): readonly Slot[] {
  const slots = new Map<number, (readonly Rule[])[]>();
  for (const policy of [...policies].sort((a, b) => a.priority - b.priority)) {
    const rules = rulesFor(policy, from);
    if (rules.length > 0) slots.set(policy.priority, [...(slots.get(policy.priority) ?? []), rules]);
  }
  return [...slots.values()];
}
