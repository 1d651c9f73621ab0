import { errorPolicy, longestDelayMs, type AdapterError } from '../adapter/errors.ts';
import { waitByDuration } from '../core/time/backoff.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore } from '../store/desired-store.ts';
import type { Sessions } from './sessions/sessions.ts';

export interface RetriesDeps {
  readonly store: Pick<DesiredStore, 'failed'>;
  readonly queue: Pick<WorkQueue, 'enqueue'>;
  readonly sessions: Pick<Sessions, 'forget' | 'secretChange'>;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
}

/**
 * Sees to it that a point that failed is tried again, later each time; in any state of the device, it is read
 * first. Since when it has failed is kept with the point, so that a worker that was just started waits as long as the one
 * before it would have.
 */
export class Retries {
  readonly #deps: RetriesDeps;

  constructor(deps: RetriesDeps) {
    this.#deps = deps;
  }

  /** @param atOnce what stood in the way is gone already */
  async later(point: string, { errorClass, details }: AdapterError, atOnce = false): Promise<void> {
    const { sessions, store, queue, random } = this.#deps;
    const { delayMs, then } = errorPolicy[errorClass];
    if (then === 'hold' || then === 'retry') await sessions.forget(point);
    const failingMs = await store.failed(point);
    const growing = { baseMs: delayMs, maxMs: longestDelayMs };
    const wait = atOnce ? 0 : (details.retryAfterMs ?? waitByDuration(growing, failingMs, random));
    await queue.enqueue(point, { delayMs: wait });
    if (errorClass === 'auth') void this.#awaitSecret(point, wait);
  }

  /** A point that its device refuses is retried after minutes, but at once when its Secret changes. */
  async #awaitSecret(point: string, forMs: number): Promise<void> {
    const { sessions, queue } = this.#deps;
    // A queue that cannot be reached leaves it at the delay.
    await sessions.secretChange(point, forMs, () => queue.enqueue(point)).catch(() => undefined);
  }
}
