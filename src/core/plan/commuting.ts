import type { GroupDelta } from '../model/desired.ts';

/** Changes of members, by whether they may be sent beside what is in flight. */
export interface Parted {
  readonly now: readonly GroupDelta[];
  readonly later: readonly GroupDelta[];
}

/**
 * Calls that are in flight at once may meet the device in any order. A flow has one source address, so that the order of
 * calls about different addresses opens nothing that either of them would not; whatever concerns one address follows
 * what is in flight about it, in each of its groups. A network has addresses in it that others name: it waits until
 * nothing is in flight, and everything waits for it.
 *
 * @param inFlight members that calls are under way about
 */
export function besideInFlight(groups: readonly GroupDelta[], inFlight: ReadonlySet<string>): Parted {
  if (inFlight.size === 0) return { now: groups, later: [] };
  const waitsForAll = [...inFlight].some(isNetwork);
  const isFree = (member: string): boolean => !waitsForAll && !isNetwork(member) && !inFlight.has(member);
  return { now: only(groups, isFree), later: only(groups, (member) => !isFree(member)) };
}

/** Every member that a change is about. */
export function membersIn(groups: readonly GroupDelta[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ added, removed }) => [...added, ...removed]));
}

function only(groups: readonly GroupDelta[], which: (member: string) => boolean): readonly GroupDelta[] {
  return groups.flatMap(({ added, removed, ...group }) => {
    const delta = { ...group, added: added.filter(which), removed: removed.filter(which) };
    return delta.added.length + delta.removed.length === 0 ? [] : [delta];
  });
}

function isNetwork(member: string): boolean {
  return member.includes('/');
}
