/**
 * Says which enforcement points are dirty. A message is a point's name and nothing else; everything is level-triggered,
 * so a lost, doubled or reordered message changes nothing but the moment at which work is done.
 *
 * At most one handler runs per point at any time, across all processes that share the queue. A point enqueued while
 * its handler runs is handled once more afterwards.
 */
export interface WorkQueue {
  /**
   * @param delayMs earliest start from now; the earlier of two requests counts
   * @param urgent before everything that is not: revocations
   */
  enqueue(point: string, options?: { readonly delayMs?: number; readonly urgent?: boolean }): Promise<void>;
  /** Starts handing out points, `concurrency` of them side by side. What a handler throws is reported, never lost in silence. */
  process(handler: (point: string) => Promise<void>, concurrency: number): void;
  /** Resolves when nothing is waiting, delayed or running. */
  idle(): Promise<void>;
  /** Hands out nothing more and resolves when running handlers have ended. */
  close(): Promise<void>;
}
