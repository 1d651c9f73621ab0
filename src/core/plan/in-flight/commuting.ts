import { membersIn, splitChanges, type MemberChange, type SplitChanges, type Waiting } from './waiting.ts';

/**
 * Calls that are in flight at once may meet the device in any order. A flow has one source address, so that the order of
 * calls about different addresses opens nothing that either of them would not; whatever concerns one address follows
 * what is in flight about it, in each of its groups. A network has addresses in it that others name: it waits until
 * nothing is in flight, and everything waits for it, also what is published later, or it would wait for as long as pods
 * come and go.
 *
 * @param inFlight members that calls are in progress about
 */
export function besideInFlight(waiting: readonly Waiting[], inFlight: ReadonlySet<string>): SplitChanges {
  if (inFlight.size === 0) return { now: waiting, later: [] };
  if ([...inFlight, ...membersIn(waiting)].some(isNetwork)) return { now: [], later: waiting };
  return splitChanges(waiting, ({ address }) => !inFlight.has(address));
}

/** Who leaves what accepts, or joins what denies: that only ever narrows what is permitted. */
export function narrows({ role, joins }: Omit<MemberChange, 'address'>): boolean {
  return (role === 'Accept') !== joins;
}

function isNetwork(member: string): boolean {
  return member.includes('/');
}
