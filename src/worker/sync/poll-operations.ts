import type { Outcome, RefusedChange, Session } from '../../adapter/adapter.ts';
import { AdapterError, asAdapterError, errorPolicy } from '../../adapter/errors.ts';
import { dueInMs, type PendingOperation } from '../../core/model/pending.ts';
import { keyOf } from '../../core/model/resource.ts';

export interface Polled {
  /** Those that have not ended. */
  readonly operations: readonly PendingOperation[];
  /** Of the changes whose operation has ended. */
  readonly outcomes: readonly Outcome[];
  /** Changes that ended with an error that concerns them alone. */
  readonly refused: readonly RefusedChange[];
  /** An atomic operation was refused as a whole: what it was about is to be sent again in batches of this size at most. */
  readonly mostPerBatch?: number;
  /** What went wrong otherwise: with the device, the connection, or an operation that does not end. */
  readonly error?: AdapterError;
}

export interface PollLimits {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** An operation that takes longer is given up. */
  readonly longestMs: number;
}

/**
 * Asks after the operations that are due, each once. What ended, ended; what the device no longer knows, or has been at
 * for too long, is given up, and reading the device tells what became of it. An operation that could not be asked after
 * stays.
 */
export async function pollOperations(
  operations: readonly PendingOperation[],
  session: Pick<Session, 'poll'>,
  limits: PollLimits,
): Promise<Polled> {
  const asked: Polled[] = [];
  for (const operation of operations) {
    const now = limits.now();
    const isDue = dueInMs(operation, now, limits.longestMs) === 0;
    asked.push(isDue ? await ask(operation, session, limits) : { ...nothing, operations: [operation] });
  }
  const error = asked.find((one) => one.error !== undefined)?.error;
  const mostPerBatch = asked.findLast((one) => one.mostPerBatch !== undefined)?.mostPerBatch;
  return {
    operations: asked.flatMap((one) => one.operations),
    outcomes: asked.flatMap((one) => one.outcomes),
    refused: asked.flatMap((one) => one.refused),
    ...(mostPerBatch && { mostPerBatch }),
    ...(error && { error }),
  };
}

const nothing: Polled = { operations: [], outcomes: [], refused: [] };

async function ask(
  operation: PendingOperation,
  session: Pick<Session, 'poll'>,
  { now, longestMs }: PollLimits,
): Promise<Polled> {
  try {
    const answer = await session.poll(operation.handle);
    const still = stillPending(operation, answer, now());
    const outcomes = answer.filter(({ result }) => result !== 'pending');
    if (still.length > 0 && Math.abs(now() - operation.since) > longestMs)
      return { ...nothing, outcomes, error: endless(operation, longestMs) };
    return { operations: still, outcomes, ...judged(operation, errorsIn(answer)) };
  } catch (thrown) {
    const error = asAdapterError(thrown);
    return { ...nothing, operations: isPassing(error) ? [{ ...operation, pollAt: now() }] : [], error };
  }
}

/** Errors of one operation: of single changes, of the batch as a whole, or of the device. */
function judged(
  { atomic, changes }: PendingOperation,
  errors: readonly RefusedChange[],
): Omit<Polled, 'operations' | 'outcomes'> {
  const refused = errors.filter(isRefusal);
  if (atomic && changes.length > 1 && errors.length > 0 && refused.length === errors.length)
    return { refused: [], mostPerBatch: Math.ceil(changes.length / 2) };
  const error = errors.find((one) => !isRefusal(one))?.error;
  return { refused, ...(error && { error }) };
}

function errorsIn(outcomes: readonly Outcome[]): readonly RefusedChange[] {
  return outcomes.flatMap((outcome) => (outcome.result === 'error' ? [outcome] : []));
}

function isRefusal({ error: { errorClass } }: RefusedChange): boolean {
  return errorPolicy[errorClass].then === 'quarantine';
}

/** The device may know of the operation all the same: it is asked again, and nothing is sent again. */
function isPassing({ errorClass }: AdapterError): boolean {
  const { then } = errorPolicy[errorClass];
  return then === 'retry' || then === 'hold';
}

/** By handle: an operation may go on as another one. */
function stillPending(operation: PendingOperation, answer: readonly Outcome[], now: number): PendingOperation[] {
  const pending = answer.flatMap((outcome) => (outcome.result === 'pending' ? [outcome] : []));
  return [...new Map(pending.map((outcome) => [outcome.handle, outcome])).values()].map((outcome) => {
    const { handle, pollAfterMs, deviceSays = operation.deviceSays } = outcome;
    const keys = new Set(pending.filter((other) => other.handle === handle).map(({ key }) => keyOf(key)));
    const changes = operation.changes.filter(({ key }) => keys.has(keyOf(key)));
    // A clock that is behind that of who sent it would take it for due until it has caught up.
    const since = Math.min(operation.since, now);
    return { ...operation, handle, changes, since, pollAt: now + pollAfterMs, deviceSays };
  });
}

function endless({ changes, since, deviceSays }: PendingOperation, longestMs: number): AdapterError {
  const [first] = changes;
  const what = first === undefined ? 'an operation' : `${first.key.kind} ${first.key.name}`;
  const says = deviceSays === '' ? '' : ` (the device says: ${deviceSays})`;
  const message =
    `The device has been at work on ${what} since ${new Date(since).toISOString()}${says}, longer than ${longestMs / 60_000} minutes. ` +
    'Look at the operation on the device and end it there; Postern reads the device and tries again.';
  return new AdapterError('busy', message);
}
