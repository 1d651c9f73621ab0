import type { GroupDelta } from '../../model/desired.ts';
import { narrows } from './commuting.ts';
import {
  inOrder,
  membersIn,
  splitChanges,
  mergeByGroup,
  withoutEarlier,
  type MemberChange,
  type Waiting,
} from './waiting.ts';

export interface Portion {
  readonly now: readonly GroupDelta[];
  /** Oldest first, as they were. */
  readonly later: readonly Waiting[];
}

/**
 * What the next request carries: of each address in each group the last change, who is to be shut out before who is let
 * in, and the oldest first. No pod is added before it has been removed where it must be.
 *
 * @param waiting oldest first
 * @param most members of one group that join, and that leave, in one request
 */
export function portion(waiting: readonly Waiting[], most = Infinity): Portion {
  const all = withoutEarlier(waiting);
  const out = splitChanges(all, narrows);
  const first = upTo(out.now, most, () => true);
  const stay = membersIn(first.later);
  const then = upTo(out.later, most, ({ address }) => !stay.has(address));
  return { now: mergeByGroup([...first.now, ...then.now]), later: inOrder([...first.later, ...then.later]) };
}

/** As many members of each group as one request carries, and the rest. */
function upTo(waiting: readonly Waiting[], most: number, mayGo: (change: MemberChange) => boolean) {
  const going = new Map<string, Set<string>>();
  const chosen = (change: MemberChange, group: string): boolean => {
    const known = going.get(group) ?? new Set();
    going.set(group, known);
    return known.has(change.address) || (mayGo(change) && known.size < most && known.add(change.address).size > 0);
  };
  return splitChanges(waiting, chosen);
}
