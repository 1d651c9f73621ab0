/**
 * Stands among the addresses of ended pods and means: the list of pods was read to its end, and read again. So a group
 * that keeps its selectors loses an address only because its pod has ended, or has another address, or other labels.
 */
export const everyPodListed = '*';

/** Those of the addresses that left a group whose selectors are the same and whose leaving no pod explains. */
export function unexplained(removed: readonly string[], ended: ReadonlySet<string>): readonly string[] {
  return ended.has(everyPodListed) ? [] : removed.filter((address) => !ended.has(address));
}
