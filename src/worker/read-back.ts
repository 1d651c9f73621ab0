import type { Stopwatch } from '../adapter/adapter.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore, Work } from '../store/desired-store.ts';

interface ReadBackDeps {
  readonly store: Pick<DesiredStore, 'acknowledge'>;
  readonly queue: Pick<WorkQueue, 'enqueue'>;
  readonly clock: Stopwatch;
  /** A delta is read back this long after it was sent, in milliseconds. */
  readonly readBackAfterMs: number;
}

/** What was only written has yet to be seen on the device. Times are on the clock that cannot be set. */
export class ReadBack {
  readonly #deps: ReadBackDeps;

  constructor(deps: ReadBackDeps) {
    this.#deps = deps;
  }

  isDue({ readBackDueAt }: Work): boolean {
    return readBackDueAt !== undefined && readBackDueAt <= this.#deps.clock.elapsed();
  }

  /** When to read what is written now, unless it is to be read before that. */
  dueAfterWriting(dueAt: number | undefined): number {
    return Math.min(dueAt ?? Infinity, this.#deps.clock.elapsed() + this.#deps.readBackAfterMs);
  }

  /** The device is at this version; where what was said to it has yet to be seen, it is read at `dueAt`. */
  async arrived(point: string, version: number, dueAt: number | undefined): Promise<void> {
    const { store, queue, clock } = this.#deps;
    await store.acknowledge(point, version, dueAt);
    if (dueAt !== undefined) await queue.enqueue(point, { delayMs: Math.max(1, dueAt - clock.elapsed()) });
  }
}
