import type { GroupDelta } from '../model/desired.ts';

/** Changes of members, by whether they may be sent now. */
export interface Parted {
  readonly now: readonly GroupDelta[];
  readonly later: readonly GroupDelta[];
}

/**
 * Calls that are in flight at once may meet the device in any order. A flow has one source address, so that the order of
 * calls about different addresses opens nothing that either of them would not; whatever concerns one address follows
 * what is in flight about it, in each of its groups. A network has addresses in it that others name: it waits until
 * nothing is in flight, and everything waits for it, also what is published later, or it would wait for as long as pods
 * come and go.
 *
 * @param inFlight members that calls are under way about
 */
export function besideInFlight(groups: readonly GroupDelta[], inFlight: ReadonlySet<string>): Parted {
  if (inFlight.size === 0) return { now: groups, later: [] };
  if ([...inFlight, ...membersIn(groups)].some(isNetwork)) return { now: [], later: groups };
  const isFree = (member: string): boolean => !inFlight.has(member);
  return { now: only(groups, isFree), later: only(groups, (member) => !isFree(member)) };
}

/** What only ever narrows what is permitted, and the rest. */
export function shuttingOut(groups: readonly GroupDelta[]): Parted {
  const narrow = (delta: GroupDelta): GroupDelta =>
    delta.role === 'Accept' ? { ...delta, added: [] } : { ...delta, removed: [] };
  const widen = (delta: GroupDelta): GroupDelta =>
    delta.role === 'Accept' ? { ...delta, removed: [] } : { ...delta, added: [] };
  return { now: withMembers(groups.map(narrow)), later: withMembers(groups.map(widen)) };
}

/** Every member that a change is about. */
export function membersIn(groups: readonly GroupDelta[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ added, removed }) => [...added, ...removed]));
}

function only(groups: readonly GroupDelta[], which: (member: string) => boolean): readonly GroupDelta[] {
  return withMembers(
    groups.map(({ added, removed, ...group }) => ({
      ...group,
      added: added.filter(which),
      removed: removed.filter(which),
    })),
  );
}

function withMembers(groups: readonly GroupDelta[]): readonly GroupDelta[] {
  return groups.filter(({ added, removed }) => added.length + removed.length > 0);
}

function isNetwork(member: string): boolean {
  return member.includes('/');
}
