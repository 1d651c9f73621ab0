import { compareText } from '../../src/api/problem.ts';

/** Something that a policy needs room for on a device. */
export interface Need {
  readonly id: string;
  readonly denies: boolean;
  /** Whose policy needs it; empty: a cluster-wide one does as well, or those of several namespaces. */
  readonly namespace: string;
  /** When that policy was created (RFC 3339); empty where that is not known, which counts as old. */
  readonly since: string;
  /** How much it takes: the unit is the caller's. */
  readonly size: number;
}

/** Does it hold for all sources? While it is left out, nothing is accepted. */
export function isAgainstAll({ denies, namespace }: Need): boolean {
  return denies && namespace === '';
}

/**
 * Who comes first on a device that is full. What cluster-wide policies deny; then one of each namespace in turn, with cluster-wide
 * policies together as one more share, so that the one that asks for most gets less. Within a share what denies comes before
 * what accepts, then the oldest.
 *
 * @param isIdle true for what permits and denies nothing: it comes after everything else
 */
export function inOrderOfNeed<N extends Need>(
  needs: readonly N[],
  isIdle: (need: N) => boolean = () => false,
): readonly N[] {
  const sorted = needs.toSorted(
    (a, b) => Number(b.denies) - Number(a.denies) || compareText(a.since, b.since) || compareText(a.id, b.id),
  );
  const shared = sorted.filter((need) => !isAgainstAll(need));
  const inUse = shared.filter((need) => !isIdle(need));
  return [...sorted.filter(isAgainstAll), ...inTurns(inUse), ...inTurns(shared.filter(isIdle))];
}

/** By what a namespace takes with each of its needs, so that all of them grow alike; of equals, the oldest first. */
function inTurns<N extends Need>(needs: readonly N[]): readonly N[] {
  const taken = new Map<string, number>();
  const turns = needs.map((need) => {
    const sum = (taken.get(need.namespace) ?? 0) + need.size;
    taken.set(need.namespace, sum);
    return { need, sum };
  });
  return turns.sort((a, b) => a.sum - b.sum || compareText(a.need.since, b.need.since)).map(({ need }) => need);
}
