import { selects } from '../../values/selector.ts';
import { allOf, anyOf, triState, type TriState } from '../../values/tri-state.ts';
import { byName, inBlock } from '../ends/blocks.ts';
import type { NetworkCluster } from '../ends/cluster.ts';
import type { End, PodEnd, Wire } from '../ends/ends.ts';
import { globMatches } from '../ends/glob.ts';
import { isNamedPort, isPodPeer } from '../kubernetes/peers.ts';
import type { AntreaPeer, AntreaPort, AntreaProtocol, AntreaRule, Group } from './objects.ts';

/** What a rule's peers are looked up in. */
export interface Context {
  readonly cluster: NetworkCluster;
  readonly groups: readonly Group[];
  /** Of the policy; empty: of the cluster. */
  readonly namespace: string;
}

/** Is a pod one that `appliedTo` names? Pods on the host network never are; nodes and gateways are no pods. */
export function isSubject(peer: AntreaPeer, from: PodEnd, context: Context): TriState {
  if (from.hostNetwork) return 'no';
  const { group, serviceAccount, podSelector, namespaceSelector } = peer;
  if (group !== undefined) return isInGroup(group, from, context, 0);
  if (serviceAccount) return triState(isAccount(serviceAccount, from, context));
  return podSelector || namespaceSelector ? isPod(peer, from, from, context) : 'no';
}

/** Is the end one of a rule's peers? A rule without any is about everybody. */
export function isPeer(
  { to: peers, toServices }: AntreaRule,
  from: PodEnd,
  to: End,
  wire: Wire,
  context: Context,
): TriState {
  if (toServices.length > 0)
    return triState(
      toServices.some(({ name, namespace }) =>
        isCalled(context.cluster.service(namespace ?? context.namespace, name)?.clusterIP, wire),
      ),
    );
  if (peers.length === 0) return 'yes';
  return anyOf(peers.map((peer) => isOne(peer, from, to, context)));
}

/** Only calls to the address of a Service count, not those straight to its pods. */
function isCalled(clusterIP: string | undefined, { service }: Wire): boolean {
  return service !== undefined && service === clusterIP;
}

function isOne(peer: AntreaPeer, from: PodEnd, to: End, context: Context): TriState {
  const { ipBlock, group, fqdn, serviceAccount, nodeSelector, externalEntitySelector, scope } = peer;
  if (ipBlock) return inBlock(ipBlock.cidr, ipBlock.except, to, 'everything');
  if (group !== undefined) return isInGroup(group, to, context, 0);
  if (fqdn !== undefined) return to.kind === 'outside' ? byName((name) => isNamed(fqdn, name), to) : 'no';
  if (nodeSelector) return triState(to.kind === 'node' && selects(nodeSelector, to.labels));
  if (serviceAccount) return triState(to.kind === 'pod' && !to.hostNetwork && isAccount(serviceAccount, to, context));
  const pods = isPod(peer, from, to, context);
  // Pods of other clusters of a set, and machines that are no pods, are nowhere in what was read.
  return (externalEntitySelector ?? scope) === undefined || to.kind === 'pod' ? pods : 'unknown';
}

/** A star is any number of characters, dots too. */
function isNamed(pattern: string, name: string): boolean {
  const bare = (text: string): string => text.toLowerCase().replace(/\.$/, '');
  return globMatches(bare(pattern), bare(name));
}

function isPod(
  { podSelector, namespaceSelector, namespaces }: AntreaPeer,
  from: PodEnd,
  to: End,
  { namespace }: Context,
): TriState {
  if (namespaces) {
    if (to.kind !== 'pod') return 'no';
    const { match, sameLabels } = namespaces;
    const isThere =
      match === 'Self'
        ? to.namespace === from.namespace
        : sameLabels.length > 0 &&
          sameLabels.every(
            (key) => from.namespaceLabels[key] !== undefined && from.namespaceLabels[key] === to.namespaceLabels[key],
          );
    return triState(isThere && isPodPeer({ podSelector }, to));
  }
  if (podSelector === undefined && namespaceSelector === undefined) return 'no';
  return triState(isPodPeer({ podSelector, namespaceSelector }, to, namespace === '' ? undefined : namespace));
}

function isAccount(
  { name, namespace }: { readonly name: string; readonly namespace?: string | undefined },
  pod: PodEnd,
  context: Context,
): boolean {
  return pod.serviceAccount === name && pod.namespace === (namespace ?? context.namespace);
}

const deepest = 8;

function isInGroup(name: string, end: End, context: Context, depth: number): TriState {
  const group = context.groups.find((one) => one.name === name && one.namespace === context.namespace);
  if (group === undefined || depth > deepest) return 'unknown';
  const { podSelector, namespaceSelector, externalEntitySelector, ipBlock, ipBlocks, serviceReference, childGroups } =
    group;
  const blocks = ipBlock ? [ipBlock, ...ipBlocks] : ipBlocks;
  const behind =
    serviceReference && context.cluster.service(serviceReference.namespace ?? context.namespace, serviceReference.name);
  return anyOf([
    ...blocks.map(({ cidr, except }) => inBlock(cidr, except, end, 'everything')),
    ...childGroups.map((child) => isInGroup(child, end, context, depth + 1)),
    podSelector || namespaceSelector
      ? triState(isPodPeer({ podSelector, namespaceSelector }, end, context.namespace || undefined))
      : 'no',
    externalEntitySelector && end.kind !== 'pod' ? 'unknown' : 'no',
    serviceReference === undefined
      ? 'no'
      : behind === undefined
        ? 'unknown'
        : triState(
            end.kind === 'pod' &&
              end.namespace === behind.namespace &&
              selects({ matchLabels: behind.selector }, end.labels),
          ),
  ]);
}

/** Ports and protocols add up; without any of them a rule is about everything. */
export function isOnPort({ ports, protocols }: AntreaRule, to: End, wire: Wire): TriState {
  if (ports.length + protocols.length === 0) return 'yes';
  return anyOf([
    ...ports.map((port) => isPort(port, to, wire)),
    ...protocols.map((protocol) => isSpoken(protocol, wire)),
  ]);
}

function isPort({ protocol = 'TCP', port, endPort, sourcePort }: AntreaPort, to: End, wire: Wire): TriState {
  if (protocol !== wire.protocol) return 'no';
  const fits =
    port === undefined
      ? 'yes'
      : typeof port === 'number'
        ? triState(port <= wire.port && wire.port <= (endPort ?? port))
        : isNamedPort(port, wire, to);
  return sourcePort === undefined ? fits : allOf([fits, 'unknown']);
}

function isSpoken({ icmp }: AntreaProtocol, { protocol, port }: Wire): TriState {
  if (icmp === undefined || protocol !== 'ICMP') return 'no';
  return allOf([
    icmp.icmpType === undefined ? 'yes' : triState(icmp.icmpType === port),
    icmp.icmpCode === undefined ? 'yes' : 'unknown',
  ]);
}
