import type { EgressGrant } from './egress-index.ts';
import { asNetwork } from '../../../net/cidr.ts';
import { NetworkSet } from '../../../net/network-set.ts';
import { CompactSet } from '../../select/compact-set.ts';

/** What a live pod brings into the groups it belongs to. */
export interface PodAddresses {
  /** The addresses it has to itself; none on the host network. */
  readonly own: readonly string[];
  /** The addresses of the node it runs on. */
  readonly node: readonly string[];
  /** `namespace/serviceaccount`; none on the host network, where no proxy vouches for it. */
  readonly identity: readonly string[];
  /** What gives it other addresses on its way out, of the network plugin and of points; none on the host network. */
  readonly egress: readonly EgressGrant[];
  /** On the pod network, so that it is seen behind gateways and static addresses. */
  readonly inside: boolean;
}

export interface Delta {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The source addresses under which the pods of a subject appear at some vantage. */
export interface MemberSet {
  /** Sorted; as of the last `takeDelta`, and the same array until a delta was taken. */
  members(): readonly string[];
  has(address: string): boolean;
  /** A pod comes (1) or goes (-1), with all that it brings; returns the addresses that are no longer in the set. */
  change(pod: PodAddresses, sign: 1 | -1): readonly string[];
  /** What has changed since this was last asked; undefined: nothing. */
  takeDelta(): Delta | undefined;
}

const none: readonly string[] = [];

/** Leaves out what is in these networks. The same array gives the same array, and without networks itself. */
export function outsideOf(networks: readonly string[]): (addresses: readonly string[]) => readonly string[] {
  if (networks.length === 0) return (addresses) => addresses;
  const inside = NetworkSet.of(networks);
  const answers = new WeakMap<readonly string[], readonly string[]>();
  return (addresses) => {
    const known =
      answers.get(addresses) ?? addresses.filter((address) => !inside.covers(NetworkSet.of([asNetwork(address)])));
    answers.set(addresses, known);
    return known;
  };
}

/** Addresses that pods bring, counted: a node's address stays until the last pod has left the node. */
export class CountedMembers implements MemberSet {
  /** Those that one pod brings, as nearly all, and how many pods bring each of the others. */
  readonly #once = new CompactSet<string>();
  #often: Map<string, number> | undefined;
  readonly #brought: (pod: PodAddresses) => readonly string[];
  /** Membership at the last `takeDelta` of what was touched since. */
  #before: Map<string, boolean> | undefined;
  #sorted: readonly string[] | undefined;

  constructor(brought: (pod: PodAddresses) => readonly string[]) {
    this.#brought = brought;
  }

  members(): readonly string[] {
    return (this.#sorted ??= [...this.#once, ...(this.#often?.keys() ?? [])].sort());
  }

  has(address: string): boolean {
    return this.#once.has(address) || this.#often?.has(address) === true;
  }

  change(pod: PodAddresses, sign: 1 | -1): readonly string[] {
    const brought = this.#brought(pod);
    const before = (this.#before ??= new Map());
    for (const address of brought) {
      const count = this.#often?.get(address) ?? (this.#once.has(address) ? 1 : 0);
      if (!before.has(address)) before.set(address, count > 0);
      this.#count(address, count + sign);
    }
    return sign === 1 ? none : brought.filter((address) => !this.has(address));
  }

  #count(address: string, count: number): void {
    if (count === 1) this.#once.add(address);
    else this.#once.delete(address);
    if (count > 1) (this.#often ??= new Map()).set(address, count);
    else this.#often?.delete(address);
  }

  takeDelta(): Delta | undefined {
    const touched = [...(this.#before ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#before = undefined;
    const added = touched.filter(([address, was]) => !was && this.has(address)).map(([address]) => address);
    const removed = touched.filter(([address, was]) => was && !this.has(address)).map(([address]) => address);
    if (added.length === 0 && removed.length === 0) return undefined;
    this.#sorted = undefined;
    return { added, removed };
  }
}

/** Addresses behind which pods appear, whoever they are, as long as there is a pod. */
export class SharedMembers implements MemberSet {
  readonly #behind: () => readonly string[];
  #pods = 0;
  #taken: readonly string[] = none;

  /** The array that `behind` returns must stay the same until it changes. */
  constructor(behind: () => readonly string[]) {
    this.#behind = behind;
  }

  members(): readonly string[] {
    return this.#pods > 0 ? this.#behind() : none;
  }

  has(address: string): boolean {
    return this.members().includes(address);
  }

  change({ inside }: PodAddresses, sign: 1 | -1): readonly string[] {
    if (inside) this.#pods += sign;
    return sign === -1 && inside && this.#pods === 0 ? this.#behind() : none;
  }

  takeDelta(): Delta | undefined {
    const [before, now] = [this.#taken, this.members()];
    this.#taken = now;
    if (before === now) return undefined;
    const [was, is] = [new Set(before), new Set(now)];
    return { added: now.filter((address) => !was.has(address)), removed: before.filter((address) => !is.has(address)) };
  }
}
