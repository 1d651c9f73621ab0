import type { Labels } from '../../core/model/snapshot.ts';
import { parseAddress, type Address } from '../../core/net/address.ts';
import { containsCidr, type Cidr } from '../../core/net/cidr.ts';
import { isIn, isSpecialUse, networkOf, networksOf } from '../values/networks.ts';
import { hostCovers } from '../mesh/registry/host.ts';
import type { ClusterPeer, ClusterRule, Peer, PolicyPort } from './objects.ts';
import { selects } from '../values/selector.ts';
import { anyOf, allOf, triState, type TriState } from '../values/tri-state.ts';

/** A pod as network policies see it. */
export interface PodEnd {
  readonly kind: 'pod';
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly addresses: readonly string[] | undefined;
  /** Container ports by name; undefined: not known. */
  readonly namedPorts: Readonly<Record<string, number>> | undefined;
}

/** Something outside the cluster: by address, or by a name whose addresses nobody here knows. */
export interface OutsideEnd {
  readonly kind: 'outside';
  readonly host: string | undefined;
  readonly address: string | undefined;
}

export type End = PodEnd | OutsideEnd;

export interface Wire {
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** A peer of a NetworkPolicy in `namespace`. `ipBlock` is for what is outside: for pods it depends on the CNI. */
export function peerMatches({ ipBlock, namespaceSelector, podSelector }: Peer, namespace: string, end: End): TriState {
  if (ipBlock) return blockMatches(networkOf(ipBlock.cidr), networksOf(ipBlock.except), end);
  if (end.kind === 'outside') return 'no';
  const isThere = namespaceSelector ? selects(namespaceSelector, end.namespaceLabels) : end.namespace === namespace;
  return triState(isThere && (podSelector === undefined || selects(podSelector, end.labels)));
}

function blockMatches(cidr: Cidr | undefined, except: readonly Cidr[], end: End): TriState {
  if (cidr === undefined) return 'unknown';
  const addresses = addressesOf(end);
  if (addresses.length > 0) {
    const inside = addresses.map((address) => triState(containsCidr(cidr, address) && !isIn(except, address)));
    return end.kind === 'pod' ? allOf([anyOf(inside), 'unknown']) : anyOf(inside);
  }
  if (end.kind === 'pod') return 'unknown';
  if (isSpecialUse(cidr)) return 'no';
  // A name is taken to have public addresses: a block of all but private networks is about it.
  return cidr.prefix === 0 && except.every(isSpecialUse) ? 'yes' : 'unknown';
}

function addressesOf(end: End): readonly Address[] {
  const texts = end.kind === 'pod' ? end.addresses : end.address === undefined ? undefined : [end.address];
  return (texts ?? []).flatMap((text) => parseAddress(text) ?? []);
}

export function portMatches({ port, endPort, protocol = 'TCP' }: PolicyPort, wire: Wire, end: End): TriState {
  if (protocol !== wire.protocol) return 'no';
  if (port === undefined) return 'yes';
  if (typeof port === 'number') return triState(port <= wire.port && wire.port <= (endPort ?? port));
  return namedPort(port, wire, end);
}

/** A named port is one of the containers of the pod at the other end; outside there are none. */
function namedPort(name: string, wire: Wire, end: End): TriState {
  if (end.kind === 'outside') return 'no';
  return end.namedPorts === undefined ? 'unknown' : triState(end.namedPorts[name] === wire.port);
}

/** Whether a rule of a ClusterNetworkPolicy is about this flow. */
export function clusterRuleMatches(rule: ClusterRule, end: End, wire: Wire): TriState {
  return allOf([anyOf(rule.to.map((peer) => clusterPeerMatches(peer, end))), clusterPortMatches(rule, end, wire)]);
}

function clusterPeerMatches(peer: ClusterPeer, end: End): TriState {
  if (end.kind === 'pod') {
    const { namespaces, pods, networks } = peer;
    if (namespaces) return triState(selects(namespaces, end.namespaceLabels));
    if (pods) {
      const isThere = pods.namespaceSelector === undefined || selects(pods.namespaceSelector, end.namespaceLabels);
      return triState(isThere && (pods.podSelector === undefined || selects(pods.podSelector, end.labels)));
    }
    return networks ? anyOf(networks.map((network) => blockMatches(networkOf(network), [], end))) : 'no';
  }
  if (peer.networks) return anyOf(peer.networks.map((network) => blockMatches(networkOf(network), [], end)));
  if (peer.domainNames) return nameMatches(peer.domainNames, end);
  return peer.nodes === undefined ? 'no' : 'unknown';
}

function nameMatches(names: readonly string[], { host }: OutsideEnd): TriState {
  return host === undefined ? 'unknown' : triState(names.some((name) => hostCovers(name.toLowerCase(), host)));
}

function clusterPortMatches({ ports, protocols }: ClusterRule, end: End, wire: Wire): TriState {
  if (ports.length + protocols.length === 0) return 'yes';
  const inRange = (protocol: string, start: number, last: number): TriState =>
    triState(protocol === wire.protocol && start <= wire.port && wire.port <= last);
  const listed = ports.map(({ portNumber, portRange, namedPort: name }): TriState => {
    if (portNumber) return inRange(portNumber.protocol ?? 'TCP', portNumber.port, portNumber.port);
    if (portRange) return inRange(portRange.protocol ?? 'TCP', portRange.start, portRange.end);
    return name === undefined ? 'unknown' : namedPort(name, wire, end);
  });
  const spoken = protocols.map(({ tcp, udp, sctp, destinationNamedPort }): TriState => {
    if (destinationNamedPort !== undefined) return namedPort(destinationNamedPort, wire, end);
    const own = wire.protocol === 'TCP' ? tcp : udp;
    if (own === undefined) return (tcp ?? udp ?? sctp) ? 'no' : 'unknown';
    const { number, range } = own.destinationPort ?? {};
    if (number !== undefined) return triState(number === wire.port);
    return range ? triState(range.start <= wire.port && wire.port <= range.end) : 'yes';
  });
  return anyOf([...listed, ...spoken]);
}
