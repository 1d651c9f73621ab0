import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Stopwatch } from '../../src/adapter/adapter.ts';

const everyMs = 10;
/** Of the time between two looks no more than this counts. */
const mostMs = 50;

/** Time in which this process runs: while it, or the machine, stands still, none passes. */
export class SteadyClock implements Clock, Stopwatch {
  #time = Date.now();
  #looked = performance.now();

  constructor() {
    setInterval(() => this.now(), everyMs).unref();
  }

  now(): number {
    const looked = performance.now();
    this.#time += Math.min(looked - this.#looked, mostMs);
    this.#looked = looked;
    return Math.floor(this.#time);
  }

  elapsed(): number {
    return this.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    for (const end = this.now() + ms; this.now() < end && signal?.aborted !== true;)
      await wait(Math.min(end - this.now(), mostMs), undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}
