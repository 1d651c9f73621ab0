import type { Network } from '../inputs/vantage.ts';
import { NetworkSet } from '../../../net/network-set.ts';
import type { PodAddresses } from './pod-addresses.ts';

export interface Delta {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The source addresses under which the pods of a subject appear at some vantage. */
export interface MemberSet {
  /** Sorted; as of the last `takeDelta`, and the same array until a delta was taken. */
  members(): readonly string[];
  has(address: string): boolean;
  /** Takes in some of the pods that are there at the start, which no delta tells of. */
  fill(pods: readonly PodAddresses[]): void;
  /** A pod comes (1) or goes (-1), with all that it brings; returns the addresses that are no longer in the set. */
  change(pod: PodAddresses, sign: 1 | -1): readonly string[];
  /** What has changed since this was last asked; undefined: nothing. */
  takeDelta(): Delta | undefined;
}

const none: readonly string[] = [];
const nothingTouched: ReadonlyMap<string, boolean> = new Map();

/** What a pod brings into a set; its order does not matter. */
export type Brought = (pod: PodAddresses) => readonly string[];

/** Those on a network beside the pod network that lie where its addresses are to lie. */
export function addressesOn({ name, ranges }: Network): Brought {
  const known = NetworkSet.of(ranges);
  return ({ attached }) => (attached.get(name) ?? none).filter((address) => known.contains(address));
}

/** Leaves out what is in these networks; without networks, or where all is outside, it gives the same array. */
export function outsideOf(networks: readonly string[]): (addresses: readonly string[]) => readonly string[] {
  if (networks.length === 0) return (addresses) => addresses;
  const inside = NetworkSet.of(networks);
  return (addresses) => {
    const outside = addresses.filter((address) => !inside.contains(address));
    return outside.length === addresses.length ? addresses : outside;
  };
}

/** Addresses that pods bring, counted: a node's address stays until the last pod has left the node. */
export class CountedMembers implements MemberSet {
  readonly #brought: Brought;
  /** Sorted; when it was made, one pod brought each of these, as nearly always, unless `#counts` says otherwise. */
  #members = none;
  /** How many pods bring what is in `#members` not once, or is not in it once. */
  #counts: Map<string, number> | undefined;
  #isOutdated = false;
  /** Membership at the last `takeDelta` of what was touched since. */
  #before: Map<string, boolean> | undefined;

  constructor(brought: Brought) {
    this.#brought = brought;
  }

  members(): readonly string[] {
    if (!this.#isOutdated) return this.#members;
    this.#isOutdated = false;
    const counts = this.#counts ?? new Map<string, number>();
    const came = [...counts.keys()].filter((address) => this.has(address) && !isIn(this.#members, address));
    const stayed = this.#members.filter((address) => this.has(address));
    this.#members = came.length > 0 ? [...stayed, ...came].sort() : stayed.slice();
    for (const [address, count] of counts) if (count < 2) counts.delete(address);
    if (counts.size === 0) this.#counts = undefined;
    return this.#members;
  }

  has(address: string): boolean {
    return this.#countOf(address) > 0;
  }

  fill(pods: readonly PodAddresses[]): void {
    const [first] = pods;
    const only = first && pods.length === 1 && this.#members.length === 0 ? this.#brought(first) : undefined;
    if (only && only.length < 2) {
      // Its own list: many groups have one pod.
      this.#members = only;
      return;
    }
    const all = this.#members.slice();
    for (const pod of pods) for (const address of this.#brought(pod)) all.push(address);
    // Those that were there are sorted already, so that to sort them again takes little more than to go through them.
    all.sort();
    const repeated = repeatedIn(all);
    // A list that has grown keeps room for sixteen more, and there are many lists.
    this.#members = repeated.length > 0 ? [...new Set(all)] : all.slice();
    if (repeated.length === 0) return;
    const counts = (this.#counts ??= new Map<string, number>());
    for (const address of repeated) counts.set(address, (counts.get(address) ?? 1) + 1);
  }

  change(pod: PodAddresses, sign: 1 | -1): readonly string[] {
    const brought = this.#brought(pod);
    const before = (this.#before ??= new Map());
    for (const address of brought) {
      const count = this.#countOf(address);
      if (!before.has(address)) before.set(address, count > 0);
      this.#count(address, count + sign);
    }
    return sign === 1 ? none : brought.filter((address) => !this.has(address));
  }

  takeDelta(): Delta | undefined {
    const [added, removed]: [string[], string[]] = [[], []];
    for (const [address, was] of this.#before ?? nothingTouched)
      if (was !== this.has(address)) (was ? removed : added).push(address);
    this.#before = undefined;
    if (added.length === 0 && removed.length === 0) return undefined;
    this.#isOutdated = true;
    return { added: added.sort(), removed: removed.sort() };
  }

  #countOf(address: string): number {
    return this.#counts?.get(address) ?? (isIn(this.#members, address) ? 1 : 0);
  }

  #count(address: string, count: number): void {
    if (count === (isIn(this.#members, address) ? 1 : 0)) this.#counts?.delete(address);
    else (this.#counts ??= new Map<string, number>()).set(address, count);
  }
}

/** What is there more than once, as often as it is there besides. */
function repeatedIn(sorted: readonly string[]): readonly string[] {
  const repeated: string[] = [];
  for (let at = 1; at < sorted.length; at += 1) {
    const address = sorted[at];
    if (address !== undefined && address === sorted[at - 1]) repeated.push(address);
  }
  return repeated;
}

/** @param sorted of many each question costs the logarithm of their number */
function isIn(sorted: readonly string[], member: string): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? '') < member) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === member;
}

/** Addresses behind which pods appear, whoever they are, as long as there is a pod. */
export class SharedMembers implements MemberSet {
  readonly #behind: () => readonly string[];
  #pods = 0;
  #taken: readonly string[] = none;

  /** @param behind the array must stay the same until it changes */
  constructor(behind: () => readonly string[]) {
    this.#behind = behind;
  }

  members(): readonly string[] {
    return this.#pods > 0 ? this.#behind() : none;
  }

  has(address: string): boolean {
    return this.members().includes(address);
  }

  fill(pods: readonly PodAddresses[]): void {
    this.#pods += pods.filter(({ inside }) => inside).length;
    this.#taken = this.members();
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
