import { backoffMs } from '../core/time/backoff.ts';

/**
 * The enforcement points that have work to do. A message is the name of a point and nothing else. Handlers are
 * level-triggered: a lost, doubled or reordered message changes only when the work is done.
 *
 * At most one handler runs per point at any time, across all processes that share the queue. A point enqueued while
 * its handler runs is handled once more afterwards.
 */
export interface WorkQueue {
  /**
   * Rejects at once when the queue cannot be reached; the caller has to try again.
   *
   * @param delayMs earliest start from now; the earlier of two requests counts
   * @param urgent goes before points that are not urgent, as revocations do; the more urgent of two requests counts
   */
  enqueue(point: string, options?: { readonly delayMs?: number; readonly urgent?: boolean }): Promise<void>;
  /**
   * Starts calling the handler, for up to `concurrency` points side by side. An error of the handler is reported, and
   * the
   * point is handled again after a delay that grows with each failure.
   */
  process(handler: (point: string, lease: WorkLease) => Promise<void>, concurrency: number): void;
  /** Resolves when nothing is waiting, delayed or running, or the queue is closed. */
  idle(): Promise<void>;
  /** How many points are in each state. Rejects when the queue cannot be reached. */
  depth(): Promise<QueueDepth>;
  /**
   * Has what has become due counted as waiting, which otherwise a worker does: for platforms that start workers when
   * something waits. Rejects when the queue cannot be reached.
   */
  promoteDue(): Promise<void>;
  /** Why this process is given no work, if it wants any; empty: nothing is known to be wrong. */
  trouble(): string;
  /** Calls no more handlers. Resolves when running ones have ended, or were aborted after a time limit. */
  close(): Promise<void>;
}

/** Counts of points by state; a point is in at most one of them. */
export interface QueueDepth {
  /** Due, and not begun. */
  readonly waiting: number;
  readonly running: number;
  /** Requested, and not due yet. */
  readonly delayed: number;
  /** How long the longest waiting point has been due, in milliseconds; 0: none waits. */
  readonly oldestMs: number;
  /** In how many milliseconds the next delayed point is due; absent: none is delayed. */
  readonly nextMs?: number;
}

/** The right of a handler to work on its point. */
export interface WorkLease {
  /** Greater than that of every earlier lease of the point; 0 where no other process can have one. See src/redis/fencing.ts. */
  readonly token: number;
  /** No other process has worked on the point since this one did last. */
  readonly continues: boolean;
  /** Aborted when the lease is lost: another worker may have the point by now. */
  readonly signal: AbortSignal;
  /** To be called right before each write. @throws when the lease is lost */
  confirm(): Promise<void>;
  /** To be called right before each native request of a call: asks only the clock. @throws when the lease is over */
  stillHeld(): void;
  /**
   * Resolves when the point is enqueued again. It may stay silent once in a while, and undefined is said where the queue
   * cannot tell: who waits for news looks for it as well.
   */
  requested(): Promise<void> | undefined;
  /** Another point waits and this process handles as many as it may, or is being closed; true also when nobody can tell. */
  othersWait(): Promise<boolean>;
}

/** Delay before a handler that threw is called again, in milliseconds, by its number of failures in a row. */
export function retryDelayMs(failures: number): number {
  return backoffMs({ baseMs: 2_000, maxMs: 60_000 }, failures);
}
