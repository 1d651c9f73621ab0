import { AdapterError } from '../../adapter/errors.ts';
import { besideWorkers, type BesideWorkers } from '../../compose/beside-workers.ts';
import type { RedisChoice } from '../../compose/redis-choice.ts';
import type { PointLease } from '../../redis/point-lease.ts';
import type { Io } from '../io.ts';

/** The lease of a device: a writer confirms it right before each write, and stops on its signal. */
export type Hold = Pick<PointLease, 'confirm' | 'signal'>;

/** Does something with the right to write to the point, in which no worker writes there. @throws AdapterError while a worker has it */
export type Leased = <T>(work: (hold: Hold) => Promise<T>) => Promise<T>;

/** A worker that has died holds a point for 15 seconds more. */
const patienceMs = 30_000;
const askAgainMs = 500;

/**
 * For a command that writes to a device beside workers: with the lease of its point, where a Redis is named by which they share
 * it; else it says that nothing keeps them away.
 *
 * @throws UsageError when the Redis is named in a way that cannot be used
 */
export async function withLeases<T>(
  point: string,
  { choice, io }: { readonly choice: RedisChoice; readonly io: Io },
  work: (leased: Leased) => Promise<T>,
): Promise<T> {
  const workers = await besideWorkers(choice, io.environment);
  if (workers === undefined) {
    const confirm = writeOnce(
      `postern: without --redis, a worker could write to the device of ${point} at the same time: the command reads the device right before it writes, and reads it back at the end\n`,
      io,
    );
    return work((write) => write({ signal: io.signal, confirm }));
  }
  try {
    return await work(async (write) => {
      const lease = await acquired(point, workers, io);
      const signal = AbortSignal.any([io.signal, lease.signal]);
      return write({ signal, confirm: () => orUsageError(() => lease.confirm()) }).finally(() => lease.release());
    });
  } finally {
    workers.disconnect();
  }
}

/** Says it right before the first write. */
function writeOnce(text: string, { err }: Io): Hold['confirm'] {
  let isWritten = false;
  return () => {
    if (!isWritten) err.write(text);
    isWritten = true;
    return Promise.resolve();
  };
}

async function acquired(point: string, workers: BesideWorkers, { clock, signal }: Io): Promise<PointLease> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += askAgainMs) {
    signal.throwIfAborted();
    const lease = await orUsageError(() => workers.lease(point));
    if (lease !== undefined) return lease;
    await clock.sleep(askAgainMs, signal);
  }
  const told = `A worker has been at work on the device of ${point} for ${patienceMs / 1_000} seconds and holds its lease in Redis, so that nothing is written beside it: run this again once it is done (\`postern status\`).`;
  throw new AdapterError('in-use', told);
}

async function orUsageError<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const told = `Whether a worker writes there is not known, so that nothing is written: ${(error as Error).message}`;
    throw new AdapterError('unsupported', told);
  }
}
