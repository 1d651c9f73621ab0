import type { Clock } from '../adapter/adapter.ts';
import { errorPolicy, type AdapterError } from '../adapter/errors.ts';
import { needsGuard } from '../core/plan/guards.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore, Work } from '../store/desired-store.ts';
import type { CarriedOut } from './carry-out.ts';
import { asAdapterError } from './failure.ts';
import type { OpenPoint, Sessions } from './sessions.ts';
import { syncDelta } from './sync-delta.ts';
import { syncPoint, type SyncResult } from './sync-point.ts';

/** What happened at a point, for whoever prints, counts or writes status. */
export type SyncReport =
  | { readonly point: string; readonly path: 'full'; readonly version: number; readonly result: SyncResult }
  | { readonly point: string; readonly path: 'delta'; readonly version: number; readonly result: CarriedOut }
  | { readonly point: string; readonly path: 'none'; readonly version: number; readonly error: AdapterError };

export interface WorkerDeps {
  readonly store: DesiredStore;
  readonly queue: WorkQueue;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly report: (report: SyncReport) => void;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** A delta is read back this long after it was sent, in milliseconds. */
  readonly readBackAfterMs: number;
}

const longestDelayMs = 300_000;

/** Takes dirty points from the queue and brings their devices up to date. Any number of these may run. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #failures = new Map<string, number>();
  /** When a device that got deltas is to be read back. */
  readonly #readBackDue = new Map<string, number>();

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  start(concurrency: number): void {
    this.#deps.queue.process((point) => this.#handle(point), concurrency);
  }

  async #handle(point: string): Promise<void> {
    const work = await this.#deps.store.take(point);
    if (work === undefined) {
      await this.#deps.sessions.forget(point);
      return;
    }
    try {
      await this.#sync(work, await this.#deps.sessions.open(work.point));
    } catch (error) {
      const failure = asAdapterError(error);
      await this.#again(point, failure);
      this.#deps.report({ point, path: 'none', version: work.version, error: failure });
    }
  }

  async #sync(work: Work, open: OpenPoint): Promise<void> {
    const point = work.point.metadata.name;
    if (await this.#fast(point, work, open)) return;
    this.#readBackDue.delete(point);
    const { mode, guard } = work.point.spec;
    const desired = work.desired();
    const task = { ...open, ...work, desired, mode, limits: guard, signal: this.#deps.signal };
    const result = await syncPoint(task);
    if (result.state === 'programmed' || result.state === 'activating') {
      this.#failures.delete(point);
      await this.#deps.store.acknowledge(point, work.version);
    } else if (result.error !== undefined || result.setAside[0] !== undefined) {
      await this.#again(point, result.error ?? result.setAside[0]?.error);
    }
    this.#deps.report({ point, path: 'full', version: work.version, result });
  }

  /** Rules, the first sync, errors, large unexplained removals and the read-back that follows deltas take the full path. */
  async #fast(point: string, work: Work, open: OpenPoint): Promise<boolean> {
    const due = this.#readBackDue.get(point);
    if (work.deltas === undefined || !work.synced || work.point.spec.mode === 'Observe') return false;
    if (needsGuard(work.deltas, work.ended) || (due !== undefined && due <= this.#deps.clock.now())) return false;
    const result = await syncDelta(work.deltas, { ...open, signal: this.#deps.signal });
    if (result === undefined) return false;
    if (result.error !== undefined || result.setAside.length > 0) {
      await this.#deps.store.distrust(point);
      return false;
    }
    await this.#deps.store.acknowledge(point, work.version);
    if (result.nativeCalls > 0) await this.#readBackLater(point, due);
    this.#deps.report({ point, path: 'delta', version: work.version, result });
    return true;
  }

  async #readBackLater(point: string, due: number | undefined): Promise<void> {
    const now = this.#deps.clock.now();
    const at = due ?? now + this.#deps.readBackAfterMs;
    this.#readBackDue.set(point, at);
    await this.#deps.queue.enqueue(point, { delayMs: Math.max(1, at - now) });
  }

  /** Another try, later each time; whatever the device is like by then, it is read first. */
  async #again(point: string, error: AdapterError | undefined): Promise<void> {
    const failures = this.#failures.get(point) ?? 0;
    this.#failures.set(point, failures + 1);
    const { delayMs, then } = errorPolicy[error?.errorClass ?? 'transient'];
    if (then === 'hold' || then === 'retry') await this.#deps.sessions.forget(point);
    await this.#deps.store.distrust(point);
    const backoff = Math.min(longestDelayMs, delayMs * 2 ** Math.min(failures, 10));
    const wait = error?.details.retryAfterMs ?? backoff * (0.5 + this.#deps.random() / 2);
    await this.#deps.queue.enqueue(point, { delayMs: wait });
  }
}
