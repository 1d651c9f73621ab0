import { formatInstant } from '../../time/instant.ts';
import { hasEnded, isLive } from '../../model/pods.ts';
import type { EgressSource, Labels, Node, Pod } from '../../model/snapshot.ts';
import { CompactSet } from '../../select/compact-set.ts';
import { SelectorIndex } from '../../select/selector-index.ts';
import { AddressOwnership } from './address-ownership.ts';
import type { Pool, Vantage } from '../inputs/vantage.ts';
import { same } from '../same.ts';
import { EgressIndex, type EgressChange } from './egress-index.ts';
import type { PodAddresses } from './member-set.ts';
import { GroupSources, type Dropped } from './group-sources.ts';

const absent: PodAddresses = { own: [], node: [], identity: [], egress: [], inside: false };

/** Where pods are and what they have: pods, nodes and namespaces in, source addresses of followed subjects out. */
export class PodIndex {
  readonly #pods = new Map<string, Pod>();
  readonly #nodes = new Map<string, Node>();
  readonly #onNode = new Map<string, CompactSet<Pod>>();
  readonly #ownership = new AddressOwnership();
  readonly #selectors = new SelectorIndex();
  readonly #egress = new EgressIndex(this.#selectors);
  readonly sources = new GroupSources(this.#selectors, (pod) => this.#addressesOf(pod));
  #ended = new Set<string>();

  /** @param missing was the pod not seen to end, but merely not in a list? That explains nothing: the list may be wrong */
  setPod(key: string, pod: Pod | undefined, missing = false): void {
    const before = this.#pods.get(key);
    if (same(before, pod)) return;
    if (pod) this.#pods.set(key, pod);
    else this.#pods.delete(key);
    const released = this.#replace(ifThere(before), ifThere(pod));
    if (!missing) for (const address of released) this.#ended.add(address);
  }

  /** Moves the clock, milliseconds since 1970: pods that are being deleted lose what they had for a while. */
  advance(now: number): void {
    for (const [set, address] of this.sources.advance(now)) if (!set.has(address)) this.#ended.add(address);
  }

  /** RFC 3339; when next a pod that is being deleted loses something. */
  nextDeadline(): string | undefined {
    const next = this.sources.nextDeadline();
    return next === undefined ? undefined : formatInstant(next);
  }

  setNode(name: string, node: Node | undefined): void {
    const before = this.#nodes.get(name)?.addresses ?? [];
    const after = node?.addresses ?? [];
    if (node) this.#nodes.set(name, node);
    else this.#nodes.delete(name);
    if (same(before, after)) return;
    for (const pod of this.#onNode.get(name) ?? []) {
      const selections = this.#selectors.selectionsOf(pod);
      this.sources.adjust(selections, pod, { ...absent, node: before }, -1);
      this.sources.adjust(selections, pod, { ...absent, node: after }, 1);
    }
  }

  setNamespace(name: string, labels: Labels | undefined): void {
    const moves = this.#selectors.setNamespace(name, labels);
    for (const { selection, pod, joined } of moves) {
      if (joined) this.sources.join([selection], pod, this.#addressesOf(pod));
      else this.sources.leave([selection], pod, this.#addressesOf(pod));
    }
    this.#changeEgress(this.#egress.move(moves));
  }

  /** An object that gives pods other addresses on their way out; undefined: it is gone. */
  setEgressSource(key: string, source: EgressSource | undefined): void {
    this.#changeEgress(this.#egress.release(key));
    if (source) this.#changeEgress(this.#egress.acquire(key, source));
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
    const ended = [...this.#ended].sort();
    this.#ended = new Set();
    return ended;
  }

  /** The pods that count, in no particular order. */
  *livePods(): Iterable<Pod> {
    for (const pod of this.#pods.values()) if (isLive(pod)) yield pod;
  }

  /** Under what the live pods of a namespace, and nobody else, appear from such a vantage. Walks all pods. Sorted. */
  membersIn(namespace: string, vantage: Vantage['type']): readonly string[] {
    const members = new Set<string>();
    for (const pod of this.livePods()) {
      if (pod.namespace !== namespace) continue;
      const { own, identity } = this.#addressesOf(pod);
      for (const member of vantage === 'Identity' ? identity : vantage === 'Pod' ? own : []) members.add(member);
    }
    return [...members].sort();
  }

  *livePodsOn(node: string): Iterable<Pod> {
    for (const pod of this.#onNode.get(node) ?? []) if (isLive(pod)) yield pod;
  }

  /** Live pods that may leave under an address under which one of these does. */
  *livePodsLeavingAs(pods: Iterable<Pod>): Iterable<Pod> {
    const addresses = new Set<string>();
    for (const pod of pods)
      for (const grant of this.#egress.of(pod)) for (const one of grant.addresses) addresses.add(one);
    for (const pod of this.#egress.podsUnder(addresses)) if (isLive(pod) && !pod.hostNetwork) yield pod;
  }

  #changeEgress(changes: readonly EgressChange[]): void {
    for (const { pod, grant, sign } of changes) {
      this.sources.adjust(this.#selectors.selectionsOf(pod), pod, { ...absent, egress: [grant] }, sign);
    }
  }

  /** One pod takes the place of another, or of nobody. Returns the addresses that somebody lost by that. */
  #replace(old: Pod | undefined, now: Pod | undefined): readonly string[] {
    const held = this.#held(old);
    const dropped = old ? this.#leave(old) : [];
    const taken = now ? this.#join(now) : [];
    const kept = this.#held(now);
    // A relabelled pod leaves groups too, but it has not ended, and what it leaves was not seen to end.
    const left = now && isLive(now) ? [] : dropped.filter(([set, address]) => !set.has(address));
    return [
      ...held.filter((address) => !kept.includes(address) || now?.deleting === true),
      ...taken.filter((address) => !held.includes(address)),
      ...left.map(([, address]) => address),
    ];
  }

  #leave(pod: Pod): readonly Dropped[] {
    const addresses = this.#addressesOf(pod);
    const dropped = this.sources.leave(this.#selectors.deletePod(pod), pod, addresses);
    this.#egress.leave(pod);
    const onNode = this.#onNode.get(pod.node);
    if (onNode?.delete(pod) && onNode.size === 0) this.#onNode.delete(pod.node);
    for (const { address, to } of this.#ownership.release(pod)) if (to) this.#passAddress(address, to, 1);
    return dropped;
  }

  /** Returns the addresses that other pods lose to this one. */
  #join(pod: Pod): readonly string[] {
    const taken = this.#ownership.claim(pod).filter(({ from }) => from !== undefined);
    for (const { address, from } of taken) if (from) this.#passAddress(address, from, -1);
    const onNode = this.#onNode.get(pod.node) ?? new CompactSet();
    onNode.add(pod);
    this.#onNode.set(pod.node, onNode);
    const selections = this.#selectors.addPod(pod);
    if (!pod.hostNetwork) this.#egress.join(pod, selections);
    this.sources.join(selections, pod, this.#addressesOf(pod));
    return taken.map(({ address }) => address);
  }

  #passAddress(address: string, pod: Pod, sign: 1 | -1): void {
    this.sources.adjust(this.#selectors.selectionsOf(pod), pod, { ...absent, own: [address] }, sign);
  }

  #held(pod: Pod | undefined): readonly string[] {
    return pod ? this.#ownership.of(pod) : [];
  }

  #addressesOf(pod: Pod): PodAddresses {
    const { namespace, serviceAccount, hostNetwork } = pod;
    return {
      own: this.#ownership.of(pod),
      node: this.#nodes.get(pod.node)?.addresses ?? [],
      identity: hostNetwork ? [] : [`${namespace}/${serviceAccount}`],
      egress: this.#egress.of(pod),
      inside: !hostNetwork,
    };
  }
}

/** One that is being deleted is there until it has ended: what it keeps is for the sources to say. */
function ifThere(pod: Pod | undefined): Pod | undefined {
  return pod && !hasEnded(pod) ? pod : undefined;
}
