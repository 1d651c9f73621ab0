import type { Outcome, RefusedChange, Session } from '../adapter/adapter.ts';
import { AdapterError, asAdapterError, errorPolicy } from '../adapter/errors.ts';
import type { PendingOperation } from '../core/model/pending.ts';
import { keyOf } from '../core/model/resource.ts';

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

/**
 * Asks after the operations that are due, each once. What ended, ended; what the device no longer knows, or has been at
 * for too long, is given up, and reading the device tells what became of it. An operation that could not be asked after
 * stays.
 *
 * @param longestMs an operation that takes longer is given up
 */
export async function pollOperations(
  operations: readonly PendingOperation[],
  session: Pick<Session, 'poll'>,
  { now, longestMs }: { readonly now: () => number; readonly longestMs: number },
): Promise<Polled> {
  const left: PendingOperation[] = [];
  const outcomes: Outcome[] = [];
  const errors: RefusedChange[] = [];
  let mostPerBatch: number | undefined;
  let error: AdapterError | undefined;
  for (const operation of operations) {
    if (operation.pollAt > now()) {
      left.push(operation);
      continue;
    }
    try {
      const answer = await session.poll(operation.handle);
      const ended = errorsIn(answer);
      const divided = operation.atomic && operation.changes.length > 1 && ended.length > 0 && ended.every(isRefusal);
      if (divided) mostPerBatch = Math.ceil(operation.changes.length / 2);
      else errors.push(...ended);
      outcomes.push(...answer.filter(({ result }) => result !== 'pending'));
      const still = stillPending(operation, answer, now());
      if (still.length > 0 && now() - operation.since > longestMs) error ??= endless(operation, longestMs);
      else left.push(...still);
    } catch (thrown) {
      const failure = asAdapterError(thrown);
      error ??= failure;
      if (isPassing(failure)) left.push({ ...operation, pollAt: now() });
    }
  }
  error ??= errors.find((one) => !isRefusal(one))?.error;
  const refused = errors.filter(isRefusal);
  return { operations: left, outcomes, refused, ...(mostPerBatch && { mostPerBatch }), ...(error && { error }) };
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
    return { ...operation, handle, changes, pollAt: now + pollAfterMs, deviceSays };
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
