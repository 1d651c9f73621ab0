import { formatInstant } from '../../time/instant.ts';
import { hasEnded, isLive } from '../../model/pods.ts';
import type { EgressSource, Labels, Namespace, Node, Pod } from '../../model/snapshot.ts';
import { CompactSet } from '../../select/compact-set.ts';
import { SelectorIndex } from '../../select/selector-index.ts';
import { AddressOwnership, type Handover } from './address-ownership.ts';
import { AttachmentOwnership, type AttachmentHandover } from './attachment-ownership.ts';
import type { Pool, Vantage } from '../inputs/vantage.ts';
import { partsOfKey } from '../changes.ts';
import { same } from '../same.ts';
import { GatewayIndex, type RouteChange } from '../gateways/gateway-index.ts';
import { EgressIndex, type EgressChange } from './egress-index.ts';
import { addressesOn } from './member-set.ts';
import { CurrentAddresses, nothing, type PodAddresses } from './pod-addresses.ts';
import type { Followed } from './followed.ts';
import { AddressGroups, type Dropped } from './address-groups.ts';

/** Where pods are and what they have: pods, nodes and namespaces in, source addresses of followed subjects out. */
export class PodIndex {
  readonly #nodes = new Map<string, Node>();
  readonly #onNode = new Map<string, CompactSet<Pod>>();
  readonly #ownership = new AddressOwnership((pod, address) => this.#isLeftOver(pod, address));
  readonly #attachments = new AttachmentOwnership(
    (address) => this.#ownership.holder(address),
    (address) => this.#nodesAt.has(address),
  );
  /** How many nodes have an address. */
  readonly #nodesAt = new Map<string, number>();
  readonly #selectors = new SelectorIndex<Followed>();
  readonly #egress = new EgressIndex(this.#selectors);
  readonly groups = new AddressGroups(this.#selectors, (pod) => this.#addressesOf(pod));
  readonly gateways = new GatewayIndex(this.groups, (namespace) => this.#selectors.podsIn(namespace));
  readonly #book = {
    ownership: this.#ownership,
    attachments: this.#attachments,
    nodes: this.#nodes,
    egress: this.#egress,
    gateways: this.gateways,
  };
  #ended = new Set<string>();

  /** @param missing was the pod not seen to end, but merely not in a list? That explains nothing: the list may be wrong */
  setPod(key: string, pod: Pod | undefined, missing = false): void {
    const { namespace, name } = pod ?? partsOfKey(key);
    const before = this.#selectors.podNamed(namespace, name);
    const after = ifThere(pod);
    if (same(before, after)) return;
    const released = this.#replace(before, after);
    if (!missing) for (const address of released) this.#ended.add(address);
  }

  /** Moves the clock, milliseconds since 1970: pods that are being deleted lose what they had for a while. */
  advance(now: number): void {
    for (const [set, address] of this.groups.advance(now)) if (!set.has(address)) this.#ended.add(address);
  }

  /** RFC 3339; when next a pod that is being deleted loses something. */
  nextDeadline(): string | undefined {
    const next = this.groups.nextDeadline();
    return next === undefined ? undefined : formatInstant(next);
  }

  setNode(name: string, node: Node | undefined): void {
    const before = this.#nodes.get(name)?.addresses ?? [];
    const after = node?.addresses ?? [];
    const comesOrGoes = this.#nodes.has(name) !== (node !== undefined);
    const claimed = comesOrGoes ? [...(this.#onNode.get(name) ?? [])].flatMap(({ addresses }) => addresses) : [];
    const heldBefore = [...new Set([...before, ...after, ...claimed])].map(
      (address) => [address, this.#ownership.holder(address)] as const,
    );
    this.#nodes.delete(name);
    if (node) this.#nodes.set(name, node);
    for (const address of before) this.#countNode(address, -1);
    for (const address of after) this.#countNode(address, 1);
    for (const [address, from] of heldBefore) this.#passToNode(address, from, this.#ownership.holder(address));
    if (same(before, after)) return;
    this.#passAttachments(this.#attachments.review([...before, ...after]));
    for (const pod of this.#onNode.get(name) ?? []) {
      const selections = this.#selectors.selectionsOf(pod);
      this.groups.adjust(selections, pod, { ...nothing, node: before }, -1);
      this.groups.adjust(selections, pod, { ...nothing, node: after }, 1);
    }
  }

  setNamespace(name: string, labels: Labels | undefined): void {
    const moves = this.#selectors.setNamespace(name, labels);
    for (const { selection, pod, joined } of moves) {
      if (joined) this.groups.join([selection], pod, this.#addressesOf(pod));
      else this.groups.leave([selection], pod, this.#addressesOf(pod));
    }
    this.#changeEgress(this.#egress.move(moves));
  }

  /** Through which gateways the pods of a namespace leave that say nothing themselves. */
  setEgressGateway(name: string, namespace: Namespace | undefined): void {
    this.#changeRoutes(this.gateways.setNamespace(name, namespace?.egressGateway));
  }

  /** An object that gives pods other addresses on their way out; undefined: it is gone. */
  setEgressSource(key: string, source: EgressSource | undefined): void {
    const policy = source?.gateways;
    this.#changeRoutes(policy ? this.gateways.setPolicy(key, policy) : this.gateways.deletePolicy(key));
    this.#changeEgress(this.#egress.release(key));
    if (source && !policy) this.#changeEgress(this.#egress.acquire(key, source));
  }

  /** What a point says about such addresses, from now on. */
  acquirePools(pools: readonly Pool[]): void {
    for (const pool of pools) this.#changeEgress(this.#egress.acquire(pool.key, pool));
  }

  releasePools(pools: readonly Pool[]): void {
    for (const { key } of pools) this.#changeEgress(this.#egress.release(key));
  }

  /**
   * Addresses released since this was last asked by pods that were each seen to end, to change their address, or to
   * lose it to a newer pod; with vantages behind nodes or gateways also what the last such pod left. Sorted.
   */
  takeEnded(): readonly string[] {
    if (this.#ended.size === 0) return nobodyLost;
    const ended = [...this.#ended].sort();
    this.#ended = new Set();
    return ended;
  }

  /** Has a pod this address that may be of this namespace? Empty: of any. Addresses beside the pod network are nobody's here. */
  has(address: string, namespace: string): boolean {
    const holder = this.#ownership.holder(address);
    return holder !== undefined && (namespace === '' || holder.namespace === namespace);
  }

  /** The pods that count, in no particular order. */
  *livePods(): Iterable<Pod> {
    for (const pod of this.#selectors.pods()) if (isLive(pod)) yield pod;
  }

  /** Under what the live pods of a namespace, and nobody else, appear from such a vantage. Sorted. */
  membersIn(namespace: string, vantage: Vantage): readonly string[] {
    const members = new Set<string>();
    for (const pod of this.#selectors.podsIn(namespace).filter(isLive)) {
      for (const member of membersAt(vantage, this.#addressesOf(pod))) members.add(member);
    }
    return [...members].sort();
  }

  *livePodsOn(node: string): Iterable<Pod> {
    for (const pod of this.#onNode.get(node) ?? []) if (isLive(pod)) yield pod;
  }

  /** Live pods that may leave under an address under which one of these does, those that one of these names its gateways included. */
  *livePodsLeavingAs(pods: Iterable<Pod>): Iterable<Pod> {
    const addresses = new Set<string>();
    const named = new Set<string>();
    for (const pod of pods) {
      for (const one of this.#leavingAs(pod)) addresses.add(one);
      for (const one of this.gateways.namedBy(pod)) named.add(one);
    }
    for (const address of named) {
      const pod = this.#ownership.holder(address);
      if (pod && isLive(pod)) yield pod;
    }
    for (const pod of this.#egress.podsUnder(addresses)) if (isLive(pod) && !pod.hostNetwork) yield pod;
    for (const pod of this.gateways.podsUnder(addresses)) if (isLive(pod)) yield pod;
  }

  #leavingAs(pod: Pod): readonly string[] {
    const through = this.gateways.of(pod).flatMap(({ gateways }) => gateways.flatMap(({ set }) => set.members()));
    return [...this.#egress.of(pod).flatMap(({ addresses }) => addresses), ...through];
  }

  #changeRoutes(changes: readonly RouteChange[]): void {
    for (const { pod, routes, sign } of changes) {
      this.groups.adjust(this.#selectors.selectionsOf(pod), pod, { ...nothing, behind: routes }, sign);
    }
  }

  #changeEgress(changes: readonly EgressChange[]): void {
    for (const { pod, grant, sign } of changes) {
      this.groups.adjust(this.#selectors.selectionsOf(pod), pod, { ...nothing, egress: [grant] }, sign);
    }
  }

  /** One pod takes the place of another, or of nobody. Returns the addresses that somebody lost by that. */
  #replace(old: Pod | undefined, now: Pod | undefined): readonly string[] {
    if (!old) return now ? addressesAt(this.#join(now)) : nobodyLost;
    const held = this.#held(old);
    const dropped = this.#leave(old);
    const taken = now ? this.#join(now) : [];
    const kept = this.#held(now);
    // A relabelled pod leaves groups too, but it has not ended, and what it leaves was not seen to end.
    const left = now && isLive(now) ? [] : dropped.filter(([set, address]) => !set.has(address));
    const lost = [
      ...held.filter((place) => !kept.includes(place) || now?.deleting === true),
      ...taken.filter((place) => !held.includes(place)),
    ];
    return [...addressesAt(lost), ...left.map(([, address]) => address)];
  }

  #leave(pod: Pod): readonly Dropped[] {
    const addresses = this.#addressesOf(pod);
    const dropped = this.groups.leave(this.#selectors.deletePod(pod), pod, addresses);
    this.#egress.leave(pod);
    const onNode = this.#onNode.get(pod.node);
    if (onNode?.delete(pod) && onNode.size === 0) this.#onNode.delete(pod.node);
    for (const { address, to } of this.#ownership.release(pod)) this.#passAddress(address, to, 1);
    this.#passAttachments([...this.#attachments.release(pod), ...this.#attachments.review(pod.addresses)], pod);
    this.gateways.leave(pod);
    return dropped;
  }

  /** Returns what other pods lose to this one, as places. */
  #join(pod: Pod): readonly string[] {
    // Before anything knows of the pod: what this begins to follow takes in those that are there.
    this.gateways.join(pod);
    const taken = this.#ownership.claim(pod);
    for (const { address, from } of taken) this.#passAddress(address, from, -1);
    const claimed = this.#attachments.isIdle(pod)
      ? nothingClaimed
      : this.#attachments.claim(pod).concat(this.#attachments.review(pod.addresses));
    this.#passAttachments(claimed, pod);
    const onNode = this.#onNode.get(pod.node) ?? new CompactSet();
    if (onNode.size === 0) this.#onNode.set(pod.node, onNode);
    onNode.add(pod);
    const selections = this.#selectors.addPod(pod);
    if (!pod.hostNetwork) this.#egress.join(pod, selections);
    if (selections.length > 0) this.groups.join(selections, pod, this.#addressesOf(pod));
    if (taken.length === 0 && claimed.length === 0) return nobodyLost;
    return [...taken, ...claimed.filter(({ from }) => from !== undefined)].map(placeOf);
  }

  #countNode(address: string, change: 1 | -1): void {
    const count = (this.#nodesAt.get(address) ?? 0) + change;
    if (count === 0) this.#nodesAt.delete(address);
    else this.#nodesAt.set(address, count);
  }

  /** The node of the pod is gone, and another one has the address. */
  #isLeftOver({ node }: Pod, address: string): boolean {
    return node !== '' && !this.#nodes.has(node) && this.#nodesAt.has(address);
  }

  /** An address that a pod has no longer because a node does, or has again. */
  #passToNode(address: string, from: Pod | undefined, to: Pod | undefined): void {
    if (from === to) return;
    if (from) this.#passAddress(address, from, -1);
    if (from) this.#ended.add(address);
    if (to) this.#passAddress(address, to, 1);
  }

  #passAddress(address: string, pod: Pod, sign: 1 | -1): void {
    this.groups.adjust(this.#selectors.selectionsOf(pod), pod, { ...nothing, own: [address] }, sign);
  }

  /** What others gain or lose on networks beside the pod network for what a pod does. */
  #passAttachments(handovers: readonly AttachmentHandover[], cause?: Pod): void {
    for (const { network, address, from, to } of handovers) {
      const passed = { ...nothing, attached: new Map([[network, [address]]]) };
      if (from && from !== cause) this.groups.adjust(this.#selectors.selectionsOf(from), from, passed, -1);
      if (to && to !== cause) this.groups.adjust(this.#selectors.selectionsOf(to), to, passed, 1);
    }
  }

  /** Places. */
  #held(pod: Pod | undefined): readonly string[] {
    if (!pod) return [];
    const attached = [...this.#attachments.of(pod)].flatMap(([network, addresses]) =>
      addresses.map((address) => placeOf({ network, address })),
    );
    return [...this.#ownership.of(pod), ...attached];
  }

  #addressesOf(pod: Pod): PodAddresses {
    return new CurrentAddresses(pod, this.#book);
  }
}

const nobodyLost: readonly string[] = [];
const nothingClaimed: readonly AttachmentHandover[] = [];

/** One that is being deleted is there until it has ended: what it keeps is for the sources to say. */
function ifThere(pod: Pod | undefined): Pod | undefined {
  return pod && !hasEnded(pod) ? pod : undefined;
}

/** What a pod has on one network it has not on another, though it be the same address. */
function placeOf({ network, address }: Pick<Handover, 'address'> & { readonly network?: string }): string {
  return network === undefined ? address : `${network} ${address}`;
}

function addressesAt(places: readonly string[]): readonly string[] {
  return places.length === 0 ? nobodyLost : places.map((place) => place.slice(place.lastIndexOf(' ') + 1));
}

function membersAt(vantage: Vantage, pod: PodAddresses): readonly string[] {
  if (vantage.type === 'Identity') return pod.identity;
  if (vantage.type !== 'Pod') return [];
  return vantage.network === undefined ? pod.own : addressesOn(vantage.network)(pod);
}
