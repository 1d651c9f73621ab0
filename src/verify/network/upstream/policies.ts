import { compareText } from '../../../api/problem.ts';
import { requiredLabels, selects } from '../../values/selector.ts';
import { allOf, anyOf, triState, type TriState } from '../../values/tri-state.ts';
import { byName, inBlock, type BlockScope } from '../ends/blocks.ts';
import type { End, PodEnd, Wire } from '../ends/ends.ts';
import { isNamedPort, isPodPeer } from '../kubernetes/peers.ts';
import { rulesFor, type Policy, type Rule, type Slot } from '../rules.ts';
import type { ClusterNetworkPolicy, ClusterPeer, ClusterRule } from './objects.ts';

/** In what implementations of the API differ. */
export interface Implementation {
  readonly blocks: BlockScope;
  /** A plugin that does not know names drops rules that let them through, and denies everything by the others. */
  readonly domainNames: 'known' | 'dropped' | 'unknown';
  /** Peers beside those of the API: sets of networks that the selector of a peer by namespaces takes in. */
  readonly alsoInNamespaces?: (end: End, selects: (namespaceLabels: PodEnd['namespaceLabels']) => boolean) => TriState;
}

/** A policy of one tier, with its place in it. */
export interface Prioritized extends Policy {
  readonly priority: number;
}

export function clusterPolicy(policy: ClusterNetworkPolicy, implementation: Implementation): Prioritized {
  const { id, priority, subject, egress, ingress } = policy;
  const rules = egress.flatMap((rule, at): readonly Rule[] => {
    const action = actionOf(rule, implementation);
    if (action === undefined) return [];
    const which = `in its rule ${rule.name ?? `egress[${at}]`}`;
    if (rule.to.some(isOfUnknownKind)) return closed(rule, action, { id, which });
    const reason = `says ${rule.action} ${which}`;
    const byNames =
      implementation.domainNames === 'known' && rule.to.every(({ domainNames }) => domainNames !== undefined);
    const blocks = rule.to.flatMap(({ networks = [] }) => networks);
    const matches: Rule['matches'] = (_, to, wire) => isAbout(rule, to, wire, implementation);
    return [{ action, object: id, reason, byNames, blocks, matches }];
  });
  const receives: Policy['selects'] = (to) => triState(ingress.length > 0 && isSubject(subject, to));
  return {
    id,
    needs: requiredLabels(subject.pods?.podSelector),
    priority,
    selects: (from) => triState(egress.length > 0 && isSubject(subject, from)),
    receives,
    rules,
  };
}

const actions: Readonly<Record<string, Rule['action']>> = {
  Accept: 'Allow',
  Allow: 'Allow',
  Deny: 'Deny',
  Pass: 'Pass',
};

/** A plugin that knows no names drops a rule that lets them through, and makes denials of the others. */
function actionOf({ action, to }: ClusterRule, { domainNames }: Implementation): Rule['action'] | undefined {
  const named = to.filter((peer) => peer.domainNames !== undefined).length;
  const read = actions[action] ?? 'Unknown';
  if (named === 0 || domainNames !== 'dropped') return read;
  if (read === 'Allow') return named === to.length ? undefined : 'Unknown';
  return 'Deny';
}

function isOfUnknownKind({ namespaces, pods, nodes, networks, domainNames }: ClusterPeer): boolean {
  return [namespaces, pods, nodes, networks, domainNames].every((known) => known === undefined);
}

/**
 * A rule with a peer of a kind that is not known fails closed as a whole: "For Accept rules, fail closed means: treat the rule as
 * matching no traffic. For Deny and Pass rules: treat the rule as a Deny all rule" (network-policy-api,
 * ClusterNetworkPolicyEgressPeer). Whether that goes beyond its ports is not said.
 */
function closed(
  rule: ClusterRule,
  action: Rule['action'],
  { id, which }: { readonly id: string; readonly which: string },
): readonly Rule[] {
  if (action === 'Allow') return [];
  const reason = `has a peer of an unknown kind ${which}, and so denies everything by it`;
  const matches: Rule['matches'] = (_, to, wire) => (isOnPort(rule, to, wire) === 'yes' ? 'yes' : 'unknown');
  return [{ action: action === 'Unknown' ? action : 'Deny', object: id, reason, byNames: false, blocks: [], matches }];
}

/** The rules for one pod in the order of their policies. In which order policies of equal priority are asked is not defined. */
export function inOrder(policies: readonly Prioritized[], from: PodEnd): readonly Slot[] {
  const slots = new Map<number, (readonly Rule[])[]>();
  const sorted = [...policies].sort((a, b) => a.priority - b.priority || compareText(a.id, b.id));
  for (const policy of sorted) {
    const rules = rulesFor(policy, from);
    if (rules.length > 0) slots.set(policy.priority, [...(slots.get(policy.priority) ?? []), rules]);
  }
  return [...slots.values()];
}

function isSubject({ namespaces, pods }: ClusterNetworkPolicy['subject'], from: PodEnd): boolean {
  if (namespaces) return selects(namespaces, from.namespaceLabels);
  return selects(pods?.namespaceSelector, from.namespaceLabels) && selects(pods?.podSelector, from.labels);
}

function isAbout(rule: ClusterRule, to: End, wire: Wire, implementation: Implementation): TriState {
  return allOf([anyOf(rule.to.map((peer) => isPeer(peer, to, implementation))), isOnPort(rule, to, wire)]);
}

function isPeer(peer: ClusterPeer, to: End, implementation: Implementation): TriState {
  const { namespaces, pods, nodes, networks, domainNames } = peer;
  if (namespaces) {
    const more = implementation.alsoInNamespaces?.(to, (labels) => selects(namespaces, labels)) ?? 'no';
    return anyOf([triState(isPodPeer({ namespaceSelector: namespaces }, to)), more]);
  }
  if (pods) return triState(isPodPeer(pods, to));
  if (nodes) return isNode(nodes, to);
  if (networks) return anyOf(networks.map((network) => inBlock(network, [], to, implementation.blocks)));
  return domainNames ? isNamed(domainNames, to, implementation) : 'no';
}

function isNode(selector: NonNullable<ClusterPeer['nodes']>, to: End): TriState {
  return triState(to.kind === 'node' && selects(selector, to.labels));
}

function isNamed(names: readonly string[], to: End, { domainNames }: Implementation): TriState {
  if (domainNames === 'dropped') return 'yes';
  if (to.kind !== 'outside') return 'no';
  const match = byName((name) => names.some((pattern) => nameCovers(pattern, name)), to);
  return domainNames === 'known' ? match : allOf([match, 'unknown']);
}

/** `*.example.com` is one label or more in front of it. Case and the last dot do not count. */
function nameCovers(pattern: string, name: string): boolean {
  const [wanted, given] = [bare(pattern), bare(name)];
  return wanted.startsWith('*.')
    ? given.endsWith(wanted.slice(1)) && given.length > wanted.length - 1
    : wanted === given;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

function isOnPort({ ports, protocols }: ClusterRule, to: End, wire: Wire): TriState {
  if (ports.length + protocols.length === 0) return 'yes';
  const inRange = (protocol: string, start: number, last: number): TriState =>
    triState(protocol === wire.protocol && start <= wire.port && wire.port <= last);
  const listed = ports.map(({ portNumber, portRange, namedPort }): TriState => {
    if (portNumber) return inRange(portNumber.protocol ?? 'TCP', portNumber.port, portNumber.port);
    if (portRange) return inRange(portRange.protocol ?? 'TCP', portRange.start, portRange.end);
    return namedPort === undefined ? 'unknown' : isNamedPort(namedPort, wire, to);
  });
  const spoken = protocols.map(({ tcp, udp, sctp, destinationNamedPort }): TriState => {
    if (destinationNamedPort !== undefined) return isNamedPort(destinationNamedPort, wire, to);
    const own = { TCP: tcp, UDP: udp, SCTP: sctp, ICMP: undefined }[wire.protocol];
    if (own === undefined) return (tcp ?? udp ?? sctp) ? 'no' : 'unknown';
    const { number, range } = own.destinationPort ?? {};
    if (number !== undefined) return triState(number === wire.port);
    return range ? triState(range.start <= wire.port && wire.port <= range.end) : 'yes';
  });
  return anyOf([...listed, ...spoken]);
}
