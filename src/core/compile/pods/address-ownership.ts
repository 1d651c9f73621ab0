import { compareText } from '../../../api/problem.ts';
import type { Pod } from '../../model/snapshot.ts';
import { parseInstant } from '../../time/instant.ts';

/** An address that passed from one pod to another. */
export interface Handover {
  readonly address: string;
  readonly from: Pod;
  readonly to: Pod;
}

/**
 * Whose an address is. Pods on the host network have none: theirs is the node's. Addresses are reused faster than events arrive, so two pods may claim one for a moment:
 * the newest has it, the older gets it back only if the newer lets go while the older still lives. One that is being deleted has it
 * only while nobody else claims it. One that is left over from a node that is gone has nothing that another node has.
 */
export class AddressOwnership {
  readonly #isLeftOver: (pod: Pod, address: string) => boolean;
  readonly #sole = new Map<string, Pod>();
  /** Of addresses that several claim, the one that has it first. Nearly always there are none. */
  readonly #contested = new Map<string, readonly Pod[]>();

  /** @param isLeftOver is the node of the pod gone, and has another one the address? */
  constructor(isLeftOver: (pod: Pod, address: string) => boolean = () => false) {
    this.#isLeftOver = isLeftOver;
  }

  /** What others lose to it. */
  claim(pod: Pod): readonly Handover[] {
    let handovers = nothing;
    for (const address of claimedBy(pod)) {
      const others = this.#claimants(address);
      if (others.length === 0) this.#sole.set(address, pod);
      else handovers = handovers.concat(this.#settle(address, others, [...others, pod].sort(byClaim)));
    }
    return handovers.length === 0 ? nothing : handovers.filter(({ address, from }) => this.#mayHave(from, address));
  }

  /** What others get from it. */
  release(pod: Pod): readonly Handover[] {
    const handovers = claimedBy(pod).flatMap((address) => {
      const claimants = this.#claimants(address);
      const others = claimants.filter((other) => other !== pod);
      return this.#settle(address, claimants, others);
    });
    return handovers.filter(({ address, to }) => this.#mayHave(to, address));
  }

  holder(address: string): Pod | undefined {
    const first = this.#sole.get(address) ?? this.#contested.get(address)?.[0];
    return first && this.#mayHave(first, address) ? first : undefined;
  }

  /** Of what a pod claims the addresses that it has, nearly always all of them. */
  of(pod: Pod): readonly string[] {
    const claimed = claimedBy(pod);
    for (const address of claimed) if (!this.#has(pod, address)) return claimed.filter((one) => this.#has(pod, one));
    return claimed;
  }

  /** Of one that the pod claims. */
  #has(pod: Pod, address: string): boolean {
    const first = this.#contested.size > 0 ? this.#contested.get(address)?.[0] : undefined;
    return (first ?? pod) === pod && this.#mayHave(pod, address);
  }

  #mayHave(pod: Pod, address: string): boolean {
    return !this.#isLeftOver(pod, address);
  }

  #claimants(address: string): readonly Pod[] {
    const sole = this.#sole.get(address);
    if (sole) return [sole];
    return this.#contested.size === 0 ? nobody : (this.#contested.get(address) ?? nobody);
  }

  #settle(address: string, [from, ...beside]: readonly Pod[], claimants: readonly Pod[]): readonly Handover[] {
    const [to, ...others] = claimants;
    if (others.length > 0) this.#contested.set(address, claimants);
    else if (beside.length > 0) this.#contested.delete(address);
    if (to && others.length === 0) this.#sole.set(address, to);
    else this.#sole.delete(address);
    return from && to && from !== to ? [{ address, from, to }] : nothing;
  }
}

const nobody: readonly never[] = [];
const nothing: readonly Handover[] = [];

function claimedBy({ hostNetwork, addresses }: Pod): readonly string[] {
  return hostNetwork ? nobody : addresses;
}

function byClaim(a: Pod, b: Pod): number {
  if (a.deleting !== b.deleting) return a.deleting ? 1 : -1;
  const [left, right] = [a, b].map(({ created }) => parseInstant(created) ?? -Infinity) as [number, number];
  if (left !== right) return left > right ? -1 : 1;
  return compareText(b.uid, a.uid) || compareText(`${b.namespace}/${b.name}`, `${a.namespace}/${a.name}`);
}
