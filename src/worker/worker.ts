import type { Clock } from '../adapter/adapter.ts';
import { errorPolicy, type AdapterError } from '../adapter/errors.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Difference } from '../core/model/outcome.ts';
import { needsGuard } from '../core/plan/guards.ts';
import { differencesOf } from '../core/status/drift.ts';
import type { Turn, WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore, Work } from '../store/desired-store.ts';
import type { CarriedOut } from './carry-out.ts';
import { asAdapterError } from './failure.ts';
import type { OpenPoint, Sessions } from './sessions.ts';
import { syncDelta } from './sync-delta.ts';
import { syncPoint, type SyncResult } from './sync-point.ts';

/** What happened at a point, for whoever prints, counts or writes status. */
export type SyncReport =
  | {
      readonly point: string;
      readonly path: 'full';
      readonly version: number;
      readonly desired: DesiredState;
      readonly result: SyncResult;
      /** What was different although nothing had been asked of the device since it was last as desired. */
      readonly drift: readonly Difference[];
    }
  | { readonly point: string; readonly path: 'delta'; readonly version: number; readonly result: CarriedOut }
  | { readonly point: string; readonly path: 'none'; readonly version: number; readonly error: AdapterError };

export interface WorkerDeps {
  readonly store: DesiredStore;
  readonly queue: WorkQueue;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A promise is waited for: nothing is taken for done before it is known what became of it. */
  readonly report: (report: SyncReport) => unknown;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** A delta is read back this long after it was sent, in milliseconds. */
  readonly readBackAfterMs: number;
}

/** An open point, and the right to write to it. */
interface Writer extends OpenPoint {
  readonly signal: AbortSignal;
  readonly confirm: () => Promise<void>;
}

const longestDelayMs = 300_000;
/** A data plane that has not caught up yet is looked at again after this. */
const activationLookMs = 2_000;

/** Takes dirty points from the queue and brings their devices up to date. Any number of these may run. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #failures = new Map<string, number>();

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
  }

  start(concurrency: number): void {
    this.#deps.queue.process((point, turn) => this.#handle(point, turn), concurrency);
  }

  async #handle(point: string, turn: Turn): Promise<void> {
    const work = await this.#deps.store.take(point);
    if (work === undefined) {
      await this.#deps.sessions.forget(point);
      return;
    }
    try {
      await this.#sync(work, await this.#deps.sessions.open(work.point), turn);
    } catch (error) {
      const failure = asAdapterError(error);
      await this.#deps.report({ point, path: 'none', version: work.version, error: failure });
      await this.#again(point, failure);
    }
  }

  async #sync(work: Work, open: OpenPoint, turn: Turn): Promise<void> {
    const point = work.point.metadata.name;
    const confirm = (): Promise<void> => {
      this.#deps.signal.throwIfAborted();
      return turn.confirm();
    };
    const writer = { ...open, signal: turn.signal, confirm };
    if (await this.#fast(point, work, writer)) return;
    const whole = await work.whole();
    const { mode, guard } = whole.point.spec;
    const result = await syncPoint({ ...writer, ...whole, mode, limits: guard });
    const drift = whole.reached ? differencesOf(result.plan.changes) : [];
    await this.#deps.report({ point, path: 'full', version: whole.version, desired: whole.desired, result, drift });
    if (result.state === 'programmed' || result.state === 'activating') {
      this.#failures.delete(point);
      await this.#arrived(point, whole.version, result.state === 'activating' ? activationLookMs : undefined);
    } else if (result.error !== undefined || result.setAside[0] !== undefined) {
      await this.#again(point, result.error ?? result.setAside[0]?.error);
    }
  }

  /** Rules, the first sync, errors, large unexplained removals and the read-back that follows deltas take the full path. */
  async #fast(point: string, work: Work, writer: Writer): Promise<boolean> {
    const due = work.readBackAt;
    if (work.deltas === undefined || !work.synced || work.point.spec.mode === 'Observe') return false;
    if (needsGuard(work.deltas, work.ended) || (due !== undefined && due <= this.#deps.clock.now())) return false;
    const result = await syncDelta(work.deltas, writer);
    if (result === undefined) return false;
    if (result.error !== undefined || result.setAside.length > 0) {
      await this.#deps.store.distrust(point);
      return false;
    }
    await this.#deps.report({ point, path: 'delta', version: work.version, result });
    const planned = due === undefined ? undefined : Math.max(1, due - this.#deps.clock.now());
    await this.#arrived(
      point,
      work.version,
      planned ?? (result.nativeCalls > 0 ? this.#deps.readBackAfterMs : undefined),
    );
    return true;
  }

  /** The device is at this version; if what was said to it has yet to be seen, it is read again after `lookMs`. */
  async #arrived(point: string, version: number, lookMs: number | undefined): Promise<void> {
    const readBackAt = lookMs === undefined ? undefined : this.#deps.clock.now() + lookMs;
    await this.#deps.store.acknowledge(point, version, readBackAt);
    if (lookMs !== undefined) await this.#deps.queue.enqueue(point, { delayMs: Math.max(1, lookMs) });
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
