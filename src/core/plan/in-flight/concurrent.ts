import type { PendingChange } from '../../model/pending.ts';
import type { Change } from '../../model/plan.ts';
import { keyOf } from '../../model/resource.ts';

/** What one pending operation keeps others from: see `Capabilities`. */
export type Serialised = 'target' | 'container' | 'object' | 'none';

/**
 * May a change be sent while others are pending? Only changes of members may, of objects that the device does not keep
 * locked. One that only narrows always may; one that lets members in, only beside changes of other members: an address
 * that changes groups must have left the one before it joins the other, and new members must not meet a rule that is
 * still being rewritten.
 */
export function mayBeSentBeside(pending: readonly PendingChange[], change: Change, serialised: Serialised): boolean {
  if (pending.length === 0) return true;
  if (change.op !== 'members' || serialised === 'target') return false;
  const locked = ({ key, op }: PendingChange): boolean => {
    if (serialised === 'container') return key.kind === change.key.kind;
    return keyOf(key) === keyOf(change.key) && (serialised === 'object' || op !== 'members');
  };
  if (pending.some(locked)) return false;
  if (change.phase === 'revoke' || change.phase === 'grow') return true;
  const moving = new Set([...change.add, ...change.remove]);
  return pending.every(
    ({ op, add, remove }) => op === 'members' && ![...add, ...remove].some((member) => moving.has(member)),
  );
}
