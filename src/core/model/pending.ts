import type { Change } from './plan.ts';

/** A change of which a device has said that it is at work on it: as much as is needed until it has ended. */
export interface PendingChange extends Pick<Change, 'key' | 'op' | 'phase'> {
  /** Members that join and leave; empty unless it is a change of members. */
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** A native operation that a device has accepted and not ended. */
export interface PendingOperation {
  /** What `Session.poll` is asked with. */
  readonly handle: string;
  readonly changes: readonly PendingChange[];
  /** All changes are made, or none. */
  readonly atomic: boolean;
  /** The device's own words on how it is going; empty: it says nothing. */
  readonly deviceSays: string;
  /** When it was sent, and when to ask after it next, in milliseconds since the epoch. */
  readonly since: number;
  readonly pollAt: number;
}

/** One that was sent a moment ago. */
export interface StartedOperation extends Omit<PendingOperation, 'since' | 'pollAt'> {
  readonly pollAfterMs: number;
}

/** @param now milliseconds since the epoch */
export function startedAt(now: number, operations: readonly StartedOperation[]): readonly PendingOperation[] {
  return operations.map(({ pollAfterMs, ...operation }) => ({ ...operation, since: now, pollAt: now + pollAfterMs }));
}

export function pendingChange({ key, op, phase, ...change }: Change): PendingChange {
  const members = 'add' in change ? { add: change.add, remove: change.remove } : { add: [], remove: [] };
  return { key, op, phase, ...members };
}

/**
 * In how many milliseconds an operation is to be asked after; 0: it is due. So is one that was started, or is to be asked after, when no
 * operation is: its times are from before a clock was set, or by another clock.
 */
export function dueInMs(
  { since, pollAt }: Pick<PendingOperation, 'since' | 'pollAt'>,
  now: number,
  longestMs: number,
): number {
  const isOfThisClock = since <= now && pollAt - now <= longestMs;
  return isOfThisClock ? Math.max(0, pollAt - now) : 0;
}
