import type { Clock } from '../../src/adapter/adapter.ts';
import type { QueueDepth, WorkLease, WorkQueue } from '../../src/queue/work-queue.ts';

type Handler = (point: string, lease: WorkLease) => Promise<void>;

/**
 * A virtual clock, and a queue that uses it: hours of a worker in seconds. A sleep advances the time
 * on, and a point is dealt with when it is due, one after the other.
 */
export class VirtualTime implements WorkQueue {
  readonly clock: Clock = {
    now: () => this.#now,
    elapsed: () => this.#now,
    sleep: (ms) => {
      this.#now += ms;
      return Promise.resolve();
    },
  };
  readonly #due = new Map<string, number>();
  #now: number;
  #handler: Handler = () => Promise.resolve();

  constructor(now: number) {
    this.#now = now;
  }

  enqueue(point: string, { delayMs = 0 } = {}): Promise<void> {
    const due = this.#now + delayMs;
    this.#due.set(point, Math.min(due, this.#due.get(point) ?? Infinity));
    return Promise.resolve();
  }

  process(handler: Handler): void {
    this.#handler = handler;
  }

  /** Deals with all that is due until then. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const [next] = [...this.#due].sort(([, a], [, b]) => a - b);
      if (next === undefined || next[1] > until) break;
      const [point, due] = next;
      this.#due.delete(point);
      this.#now = Math.max(this.#now, due);
      const signal = new AbortController().signal;
      const confirm = (): Promise<void> => Promise.resolve();
      await this.#handler(point, {
        token: 0,
        continues: true,
        signal,
        confirm,
        stillHeld: () => undefined,
        requested: () => undefined,
        othersWait: () => Promise.resolve(false),
      });
    }
    this.#now = Math.max(this.#now, until);
  }

  idle(): Promise<void> {
    return Promise.resolve();
  }

  depth(): Promise<QueueDepth> {
    return Promise.resolve({ waiting: 0, running: 0, delayed: this.#due.size, oldestMs: 0 });
  }

  promoteDue(): Promise<void> {
    return Promise.resolve();
  }

  trouble(): string {
    return '';
  }

  close(): Promise<void> {
    this.#due.clear();
    return Promise.resolve();
  }
}
