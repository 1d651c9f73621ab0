import { compareText } from '../../../api/problem.ts';
import type { Pod } from '../../model/snapshot.ts';
import { parseInstant } from '../../time/instant.ts';

/** An address that passed from one pod to another, or to or from nobody. */
export interface Handover {
  readonly address: string;
  readonly from: Pod | undefined;
  readonly to: Pod | undefined;
}

/**
 * Whose an address is. Pods on the host network have none: theirs is the node's. Addresses are reused faster than events arrive, so two pods may claim one for a moment:
 * the newest has it, the older gets it back only if the newer lets go while the older still lives. One that is being deleted has it
 * only while nobody else claims it.
 */
export class AddressOwnership {
  /** Nearly always one pod; several: the one that has it first. */
  readonly #claimants = new Map<string, Pod | readonly Pod[]>();

  claim(pod: Pod): readonly Handover[] {
    const handovers: Handover[] = [];
    for (const address of claimedBy(pod)) {
      this.#set(address, [...this.#of(address), pod].sort(byClaim), handovers);
    }
    return handovers;
  }

  release(pod: Pod): readonly Handover[] {
    const handovers: Handover[] = [];
    for (const address of claimedBy(pod)) {
      const rest = this.#of(address).filter((other) => other !== pod);
      this.#set(address, rest, handovers);
    }
    return handovers;
  }

  /** The addresses that the pod has to itself. */
  of(pod: Pod): readonly string[] {
    return claimedBy(pod).filter((address) => this.#of(address)[0] === pod);
  }

  #of(address: string): readonly Pod[] {
    const claimants = this.#claimants.get(address) ?? [];
    return 'uid' in claimants ? [claimants] : claimants;
  }

  #set(address: string, claimants: readonly Pod[], handovers: Handover[]): void {
    const [from] = this.#of(address);
    const [to] = claimants;
    if (to) this.#claimants.set(address, claimants.length === 1 ? to : claimants);
    else this.#claimants.delete(address);
    if (from !== to) handovers.push({ address, from, to });
  }
}

function claimedBy({ hostNetwork, addresses }: Pod): readonly string[] {
  return hostNetwork ? [] : addresses;
}

function byClaim(a: Pod, b: Pod): number {
  if (a.deleting !== b.deleting) return a.deleting ? 1 : -1;
  const [left, right] = [a, b].map(({ created }) => parseInstant(created) ?? -Infinity) as [number, number];
  if (left !== right) return left > right ? -1 : 1;
  return compareText(b.uid, a.uid) || compareText(`${b.namespace}/${b.name}`, `${a.namespace}/${a.name}`);
}
