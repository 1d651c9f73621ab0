import type { NetworkSet } from '../../../net/network-set.ts';
import { CountedMembers, type Brought, type Delta, type MemberSet } from './member-set.ts';
import type { GatewayMembers, PodAddresses, Route } from './pod-addresses.ts';

/**
 * Addresses that pods bring, and those of the gateways through which they reach a destination: a gateway counts for as long as
 * one of the pods takes it, and its addresses are looked up, so that its pods may change without a word to those behind them.
 */
export class RoutedMembers implements MemberSet {
  readonly #own: CountedMembers;
  readonly #toward: NetworkSet | undefined;
  readonly #outside: (addresses: readonly string[]) => readonly string[];
  /** How many pods take a gateway. */
  readonly #behind = new Map<GatewayMembers, number>();
  readonly #leads = new WeakMap<Route, boolean>();
  /** What the gateways brought at the last `takeDelta`. */
  #through: ReadonlySet<string> = new Set();
  /** Undefined: to be put together anew. */
  #members: readonly string[] | undefined;

  /**
   * @param toward where to; undefined: everywhere, so that every way counts
   * @param outside leaves out those that are not to be seen
   */
  constructor(
    brought: Brought,
    toward: NetworkSet | undefined,
    outside: (addresses: readonly string[]) => readonly string[],
  ) {
    this.#own = new CountedMembers(brought);
    this.#toward = toward;
    this.#outside = outside;
  }

  members(): readonly string[] {
    return (this.#members ??= this.#membersNow());
  }

  has(address: string): boolean {
    if (this.#own.has(address)) return true;
    return [...this.#behind.keys()].some((gateway) => gateway.has(address)) && this.#outside([address]).length > 0;
  }

  isBehind(gateway: GatewayMembers): boolean {
    return this.#behind.has(gateway);
  }

  fill(pods: readonly PodAddresses[]): void {
    this.#own.fill(pods);
    for (const gateway of pods.flatMap((pod) => this.#gatewaysOf(pod))) this.#count(gateway, 1);
    this.#through = this.#throughNow();
    this.#members = undefined;
  }

  change(pod: PodAddresses, sign: 1 | -1): readonly string[] {
    const own = this.#own.change(pod, sign);
    const left = this.#gatewaysOf(pod).filter((gateway) => this.#count(gateway, sign) === 0);
    const gone = [...own, ...left.flatMap((gateway) => this.#outside(gateway.members()))];
    return gone.filter((address) => !this.has(address));
  }

  /** Costs what changed, and the addresses of the gateways. */
  takeDelta(): Delta | undefined {
    const own = this.#own.takeDelta();
    const [came, gone] = [new Set(own?.added), new Set(own?.removed)];
    const [before, now] = [this.#through, this.#throughNow()];
    this.#through = now;
    const was = (one: string): boolean => before.has(one) || gone.has(one) || (this.#own.has(one) && !came.has(one));
    const is = (one: string): boolean => now.has(one) || this.#own.has(one);
    const touched = [...new Set([...came, ...gone, ...before, ...now])].sort();
    const added = touched.filter((one) => is(one) && !was(one));
    const removed = touched.filter((one) => was(one) && !is(one));
    if (added.length === 0 && removed.length === 0) return undefined;
    this.#members = undefined;
    return { added, removed };
  }

  #gatewaysOf({ behind }: PodAddresses): readonly GatewayMembers[] {
    return behind.flatMap((route) => (this.#takes(route) ? route.gateways.map(({ set }) => set) : []));
  }

  #takes(route: Route): boolean {
    const known = this.#leads.get(route);
    if (known !== undefined) return known;
    const takes = route.area === undefined || this.#toward === undefined || route.area.meets(this.#toward);
    this.#leads.set(route, takes);
    return takes;
  }

  /** Returns how many there are now. */
  #count(gateway: GatewayMembers, change: number): number {
    const count = (this.#behind.get(gateway) ?? 0) + change;
    if (count === 0) this.#behind.delete(gateway);
    else this.#behind.set(gateway, count);
    return count;
  }

  #throughNow(): ReadonlySet<string> {
    return new Set([...this.#behind.keys()].flatMap((gateway) => this.#outside(gateway.members())));
  }

  #membersNow(): readonly string[] {
    const own = this.#own.members();
    return this.#through.size === 0 ? own : [...new Set([...own, ...this.#through])].sort();
  }
}
