import { minOf } from '../core/model/extremes.ts';
import { retryDelayMs, type QueueDepth, type WorkLease, type WorkQueue } from './work-queue.ts';

type Handler = (point: string, lease: WorkLease) => Promise<void>;

interface Delayed {
  readonly timer: NodeJS.Timeout;
  readonly due: number;
  readonly urgent: boolean;
}

/** A handler that takes longer than this waits for a device: its point keeps no place from others any longer. */
const slowAfterMs = 5_000;

/** The queue of a single process, with the semantics of client-go's workqueue. */
export class MemoryQueue implements WorkQueue {
  readonly #onError: (point: string, error: unknown) => void;
  /**
   * Points that wait, in order, and since when (`performance.now`); urgent ones go first. A point is in one of the two.
   */
  readonly #urgent = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  /** Points with a running handler, and who waits for them to be enqueued again. */
  readonly #running = new Map<string, (() => void)[]>();
  /** Those of them that have run for long. */
  readonly #slow = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #failures = new Map<string, number>();
  readonly #onIdle: (() => void)[] = [];
  readonly #stillHeld: WorkLease['stillHeld'];
  #handler: Handler | undefined;
  #concurrency = 0;
  #closed = false;

  /** @param stillHeld throws when this process may no longer write. No other process can take a point from this queue */
  constructor(onError: (point: string, error: unknown) => void, stillHeld = (): void => undefined) {
    this.#onError = onError;
    this.#stillHeld = stillHeld;
  }

  enqueue(point: string, { delayMs = 0, urgent = false } = {}): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (delayMs > 0) this.#delay(point, delayMs, urgent);
    else this.#ready(point, urgent);
    return Promise.resolve();
  }

  process(handler: Handler, concurrency: number): void {
    this.#handler = handler;
    this.#concurrency = concurrency;
    this.#pump();
  }

  idle(): Promise<void> {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve));
  }

  depth(): Promise<QueueDepth> {
    const now = performance.now();
    const since = [...this.#urgent.values(), ...this.#waiting.values()];
    const due = [...this.#delayed.values()].map((delayed) => delayed.due);
    return Promise.resolve({
      waiting: since.length,
      running: this.#running.size,
      delayed: due.length,
      oldestMs: since.length === 0 ? 0 : now - minOf(since),
      ...(due.length > 0 && { nextMs: Math.max(0, minOf(due) - now) }),
    });
  }

  promoteDue(): Promise<void> {
    return Promise.resolve();
  }

  trouble(): string {
    return '';
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) clearTimeout(timer);
    this.#delayed.clear();
    this.#urgent.clear();
    this.#waiting.clear();
    await this.idle();
  }

  #delay(point: string, delayMs: number, askedUrgent: boolean): void {
    if (this.#urgent.has(point) || this.#waiting.has(point)) {
      if (askedUrgent) this.#ready(point, true);
      return;
    }
    const known = this.#delayed.get(point);
    const urgent = askedUrgent || (known?.urgent ?? false);
    const due = Math.min(performance.now() + delayMs, known?.due ?? Infinity);
    clearTimeout(known?.timer);
    const timer = setTimeout(() => this.#ready(point, urgent), due - performance.now());
    this.#delayed.set(point, { due, urgent, timer });
  }

  #ready(point: string, askedUrgent: boolean): void {
    const delayed = this.#delayed.get(point);
    clearTimeout(delayed?.timer);
    this.#delayed.delete(point);
    const since = this.#urgent.get(point) ?? this.#waiting.get(point) ?? performance.now();
    if (askedUrgent || delayed?.urgent === true) {
      this.#waiting.delete(point);
      this.#urgent.set(point, since);
    } else if (!this.#urgent.has(point)) this.#waiting.set(point, since);
    for (const resolve of this.#running.get(point)?.splice(0) ?? []) resolve();
    this.#pump();
  }

  #pump(): void {
    while (this.#handler !== undefined && !this.#isFull) {
      const point = this.#next(this.#urgent) ?? this.#next(this.#waiting);
      if (point === undefined) break;
      void this.#run(point, this.#handler);
    }
    if (this.#isIdle()) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Removes and returns the first of these points without a running handler. */
  #next(points: Map<string, number>): string | undefined {
    for (const point of points.keys()) {
      if (this.#running.has(point)) continue;
      points.delete(point);
      return point;
    }
    return undefined;
  }

  async #run(point: string, handler: Handler): Promise<void> {
    const listeners: (() => void)[] = [];
    this.#running.set(point, listeners);
    const lease: WorkLease = {
      token: 0,
      continues: true,
      signal: new AbortController().signal,
      confirm: () =>
        new Promise((resolve) => {
          this.#stillHeld();
          resolve();
        }),
      stillHeld: this.#stillHeld,
      requested: () => new Promise((resolve) => listeners.push(resolve)),
      othersWait: () => Promise.resolve(this.#closed || (this.#isFull && this.#hasOthers(point))),
    };
    const slow = setTimeout(() => {
      this.#slow.add(point);
      this.#pump();
    }, slowAfterMs);
    try {
      await handler(point, lease);
      this.#failures.delete(point);
    } catch (error) {
      this.#onError(point, error);
      const failures = this.#failures.get(point) ?? 0;
      this.#failures.set(point, failures + 1);
      await this.enqueue(point, { delayMs: retryDelayMs(failures) });
    }
    clearTimeout(slow);
    this.#slow.delete(point);
    this.#running.delete(point);
    this.#pump();
  }

  get #isFull(): boolean {
    return this.#running.size - this.#slow.size >= this.#concurrency;
  }

  #hasOthers(than: string): boolean {
    return [...this.#urgent.keys(), ...this.#waiting.keys()].some((point) => point !== than);
  }

  #isIdle(): boolean {
    return this.#urgent.size + this.#waiting.size + this.#running.size + this.#delayed.size === 0;
  }
}
