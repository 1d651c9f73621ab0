import { backoffMs } from '../core/model/backoff.ts';

/**
 * Says which enforcement points are dirty. A message is a point's name and nothing else; everything is level-triggered,
 * so a lost, doubled or reordered message changes nothing but the moment at which work is done.
 *
 * At most one handler runs per point at any time, across all processes that share the queue. A point enqueued while
 * its handler runs is handled once more afterwards.
 */
export interface WorkQueue {
  /**
   * Rejects at once when the queue cannot be reached; the caller tries again.
   *
   * @param delayMs earliest start from now; the earlier of two requests counts
   * @param urgent before everything that is not: revocations. The more urgent of two requests counts
   */
  enqueue(point: string, options?: { readonly delayMs?: number; readonly urgent?: boolean }): Promise<void>;
  /**
   * Starts handing out points, `concurrency` of them side by side. What a handler throws is reported, and the point is
   * handed out again after a while, later each time.
   */
  process(handler: (point: string, lease: WorkLease) => Promise<void>, concurrency: number): void;
  /** Resolves when nothing is waiting, delayed or running, or the queue is closed. */
  idle(): Promise<void>;
  /** What there is to do right now. Rejects when the queue cannot be reached. */
  depth(): Promise<QueueDepth>;
  /** Hands out nothing more and resolves when running handlers have ended, or were told to and have had their time. */
  close(): Promise<void>;
}

/** Points, each in one of these states or none. */
export interface QueueDepth {
  /** Due, and not taken up yet. */
  readonly waiting: number;
  readonly running: number;
  /** Asked for, and not due yet. */
  readonly delayed: number;
  /** How long the one that was due first has been waiting, in milliseconds; 0 when none waits. */
  readonly oldestMs: number;
  /** In how many milliseconds the next of the delayed is due; absent: none is delayed. */
  readonly nextMs?: number;
}

/** One point handed out to one handler. */
export interface WorkLease {
  /** Aborted when the lease is lost before the work is done: the point may be somebody else's by now. */
  readonly signal: AbortSignal;
  /** To be asked right before each write. @throws when the lease is lost */
  confirm(): Promise<void>;
}

/** How long to wait before a handler that threw is called again, in milliseconds, by the number of its failures in a row. */
export function retryDelayMs(failures: number): number {
  return backoffMs({ baseMs: 2_000, maxMs: 60_000 }, failures);
}
