import { allOf, not, triState, type TriState } from '../../values/tri-state.ts';
import { addressesOf, type End, type PodEnd, type Wire } from '../ends/ends.ts';
import { unknownPolicy, type Policy, type Rule } from '../rules.ts';
import type { CalicoPolicy, CalicoRule, Entity } from './objects.ts';
import { about, blocksOf, isEntity, podLabelsIn, type Context } from './peers.ts';
import { parseSelector, type LabelTest } from './selector.ts';

/** A policy with its place in its tier. */
export interface TieredPolicy extends Policy {
  readonly tier: string;
  readonly order: number;
}

export const defaultTier = 'default';

/** @param kind NetworkPolicy or GlobalNetworkPolicy */
export function tieredPolicy(kind: string, policy: CalicoPolicy, around: Omit<Context, 'namespace'>): TieredPolicy {
  const { name, tier = defaultTier, order = Infinity, egress } = policy;
  const namespace = kind === 'GlobalNetworkPolicy' ? '' : policy.namespace || 'default';
  const id = [`${kind}.projectcalico.org`, namespace, name].filter(Boolean).join('/');
  const context: Context = { ...around, namespace };
  const tests = [
    parseSelector(policy.selector),
    policy.namespaceSelector ? about(policy.namespaceSelector, 'namespace') : undefined,
    policy.serviceAccountSelector ? about(policy.serviceAccountSelector, 'account') : undefined,
  ];
  const wanted = [policy.selector, policy.namespaceSelector, policy.serviceAccountSelector];
  const isRead = tests.every((test, at) => test !== undefined || !wanted[at]);
  const isMeant = (pod: PodEnd): TriState => {
    if (pod.hostNetwork || (namespace !== '' && pod.namespace !== namespace)) return 'no';
    if (policy.serviceAccountSelector && pod.accountLabels === undefined) return 'unknown';
    return triState(tests.every((test: LabelTest | undefined) => test?.(context.labelsOf(pod)) ?? true));
  };
  const selects = (from: PodEnd): TriState => (speaksOf('Egress', policy) ? isMeant(from) : 'no');
  const receives = (to: PodEnd): TriState => (speaksOf('Ingress', policy) ? isMeant(to) : 'no');
  if (!isRead) {
    const every: Policy['selects'] = (from) => (selects(from) === 'no' ? 'no' : 'yes');
    return { ...unknownPolicy(id, 'has a selector that cannot be read', every), tier, order };
  }
  const rules = egress.flatMap((rule, at): readonly Rule[] =>
    rule.action === 'Log' ? [] : [ruleOf(rule, at, id, context)],
  );
  const anywhere = { port: 0, protocol: 'TCP' } as const;
  const variant = (from: PodEnd): string =>
    egress.map(({ source }) => isEntity(source && withoutPorts(source), from, anywhere, context)).join();
  // A source may be a block, or a set of networks that its labels choose.
  const goesByAddress = egress.some(({ source }) => source !== undefined);
  const home = namespace === '' ? {} : { namespace };
  // Whether a ServiceAccount that nobody knows is meant is in doubt whatever the labels are.
  const needs = policy.serviceAccountSelector ? [] : podLabelsIn(policy.selector);
  return { id, ...home, needs, tier, order, selects, receives, variant, goesByAddress, rules };
}

/** Without `types` it is about what it has rules of. Policies for host endpoints alone are not about pods. */
function speaksOf(
  direction: 'Ingress' | 'Egress',
  { types, egress, ingress, doNotTrack, preDNAT }: CalicoPolicy,
): boolean {
  if (doNotTrack === true || preDNAT === true) return false;
  if (types.length > 0) return types.includes(direction);
  return direction === 'Egress' ? egress.length > 0 : ingress.length > 0 || egress.length === 0;
}

const actions: Readonly<Record<string, Rule['action']>> = { Allow: 'Allow', Deny: 'Deny', Pass: 'Pass' };

function ruleOf(rule: CalicoRule, at: number, id: string, context: Context): Rule {
  const { action, source, destination, http } = rule;
  return {
    action: actions[action] ?? 'Unknown',
    object: id,
    reason: `says ${action} in its rule egress[${at}]`,
    blocks: [source, destination].flatMap((entity) => (entity ? blocksOf(entity, context) : [])),
    matches: (from, to, wire) =>
      allOf([
        isOfProtocol(rule, to, wire),
        isEntity(destination, to, wire, context),
        source === undefined
          ? 'yes'
          : allOf([
              isEntity(withoutPorts(source), from, wire, context),
              source.ports.length + source.notPorts.length > 0 ? 'unknown' : 'yes',
            ]),
        http === undefined ? 'yes' : 'unknown',
      ]),
  };
}

/** From which port a pod opens a connection nobody knows. */
function withoutPorts(source: Entity): Entity {
  return { ...source, ports: [], notPorts: [] };
}

const numbers: Readonly<Record<string, number>> = { ICMP: 1, TCP: 6, UDP: 17, ICMPV6: 58, SCTP: 132, UDPLITE: 136 };

function isOfProtocol({ protocol, notProtocol, ipVersion, icmp, notICMP }: CalicoRule, to: End, wire: Wire): TriState {
  const [address] = addressesOf(to);
  const six = address?.includes(':');
  const spoken = wire.protocol === 'ICMP' ? (six ? 58 : 1) : (numbers[wire.protocol] ?? 0);
  const numberOf = (name: number | string): number =>
    typeof name === 'number' ? name : (numbers[name.toUpperCase()] ?? Number(name));
  return allOf([
    protocol === undefined ? 'yes' : triState(numberOf(protocol) === spoken),
    notProtocol === undefined ? 'yes' : triState(numberOf(notProtocol) !== spoken),
    ipVersion === undefined ? 'yes' : six === undefined ? 'unknown' : triState(six === (ipVersion === 6)),
    icmp === undefined ? 'yes' : isOfType(icmp, wire),
    notICMP === undefined ? 'yes' : not(isOfType(notICMP, wire)),
  ]);
}

function isOfType({ type, code }: NonNullable<CalicoRule['icmp']>, { protocol, port }: Wire): TriState {
  if (protocol !== 'ICMP') return 'no';
  return allOf([type === undefined ? 'yes' : triState(type === port), code === undefined ? 'yes' : 'unknown']);
}
