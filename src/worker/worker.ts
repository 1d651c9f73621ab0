import type { Clock, Session } from '../adapter/adapter.ts';
import { errorPolicy, type AdapterError } from '../adapter/errors.ts';
import { backoffMs } from '../core/model/backoff.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Difference } from '../core/model/outcome.ts';
import { needsGuard } from '../core/plan/guards.ts';
import { differencesOf } from '../core/status/drift.ts';
import type { Turn, WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore, Whole, Work } from '../store/desired-store.ts';
import type { CarriedOut } from './carry-out.ts';
import { asAdapterError } from './failure.ts';
import { noPassage, OpenPassage, type Passage, type Passed } from './passage.ts';
import type { OpenPoint, Sessions } from './sessions.ts';
import { syncDelta } from './sync-delta.ts';
import { noAudit, type SyncAudit } from './sync-audit.ts';
import { syncPoint, type SyncResult } from './sync-point.ts';

/** What happened at a point, for whoever prints, counts or writes status. */
export type SyncReport =
  | {
      readonly point: string;
      readonly path: 'full';
      readonly version: number;
      /** The version that was read back, where a newer one was sent meanwhile. */
      readonly readBack?: number;
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
  /** Keeps the record of what is written and why; absent: nobody does. */
  readonly audit?: SyncAudit;
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
  /** Sessions that have read their device and found nothing in the way. */
  readonly #familiar = new WeakSet<Session>();
  readonly #audit: SyncAudit;

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#audit = deps.audit ?? noAudit;
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
    const confirm = (): Promise<void> => {
      this.#deps.signal.throwIfAborted();
      return turn.confirm();
    };
    const writer = { ...open, signal: turn.signal, confirm };
    const arrived = await this.#fast(work, writer);
    if (!arrived || this.#isDue(work)) await this.#full(work, writer, arrived);
  }

  /** Rules, the first sync, errors and large unexplained removals take the full path; false then. */
  async #fast(work: Work, writer: Writer): Promise<boolean> {
    if (work.deltas === undefined || !work.synced || work.point.spec.mode === 'Observe') return false;
    if (needsGuard(work.deltas, work.ended)) return false;
    if (work.deltas.length === 0 && this.#isDue(work)) return true;
    const point = work.point.metadata.name;
    if (await this.#audit.isUnclear(point)) return false;
    this.#audit.delta(work);
    const result = await syncDelta(work.deltas, writer);
    if (result === undefined) return false;
    if (result.error !== undefined || result.setAside.length > 0) {
      await this.#deps.store.distrust(point);
      return false;
    }
    await this.#deps.report({ point, path: 'delta', version: work.version, result });
    const unread = result.nativeCalls > 0 ? this.#deps.clock.now() + this.#deps.readBackAfterMs : undefined;
    // A read-back that is due follows in this turn.
    if (this.#isDue(work)) await this.#deps.store.acknowledge(point, work.version, work.readBackAt);
    else await this.#arrived(point, work.version, earlier(work.readBackAt, unread));
    return true;
  }

  /** Reads the device and brings it where it should be; what changes meanwhile passes as far as it may. */
  async #full(work: Work, writer: Writer, arrived: boolean): Promise<void> {
    const point = work.point.metadata.name;
    const whole = await work.whole();
    await this.#audit.whole(whole);
    const { mode, guard } = whole.point.spec;
    const passage = this.#passage(work, whole, writer, arrived);
    const synced = await syncPoint({ ...writer, ...whole, mode, limits: guard, passage });
    await this.#audit.read(point, synced.observed.length, synced.remaining);
    const result = withSent(synced, passage.sent);
    const drift = whole.reached ? differencesOf(result.plan.changes) : [];
    const version = Math.max(whole.version, passage.version ?? 0);
    const readBack = passage.version === undefined ? {} : { readBack: work.version };
    await this.#deps.report({ point, path: 'full', version, ...readBack, desired: whole.desired, result, drift });
    await this.#follow(point, version, { ...result, session: writer.session, passage });
  }

  /** What a full sync leaves to be done. */
  async #follow(
    point: string,
    version: number,
    {
      state,
      error,
      setAside,
      lookAgainAfterMs,
      session,
      passage,
    }: SyncResult & { readonly session: Session; readonly passage: Passed },
  ): Promise<void> {
    const inPlace = state === 'programmed' || state === 'activating';
    if (inPlace) this.#familiar.add(session);
    else this.#familiar.delete(session);
    const failure = error ?? setAside[0]?.error;
    if (failure !== undefined) await this.#again(point, failure);
    else if (state === 'held') await this.#deps.store.distrust(point);
    else if (inPlace) await this.#arrived(point, version, this.#lookAt(state, passage.used, lookAgainAfterMs));
  }

  #passage(work: Work, whole: Whole, writer: Writer, arrived: boolean): Passage & Passed {
    const point = whole.point.metadata.name;
    const { sendWhileReading = false } = writer.context.capabilities;
    if (!sendWhileReading || whole.point.spec.mode === 'Observe') return noPassage;
    // Where nobody has looked yet, an object of that name may be somebody else's.
    if (!arrived && !this.#familiar.has(writer.session)) return noPassage;
    const { store, clock } = this.#deps;
    const report = (version: number, result: CarriedOut): unknown =>
      this.#deps.report({ point, path: 'delta', version, result });
    const arrivedAt = arrived ? work.version : undefined;
    const { readBackAt } = work;
    const onRecord = this.#audit.passing.bind(this.#audit);
    return new OpenPassage({ point, store, clock, writer, arrivedAt, readBackAt, onRecord, report });
  }

  #isDue({ readBackAt }: Work): boolean {
    return readBackAt !== undefined && readBackAt <= this.#deps.clock.now();
  }

  /** When to look at the device again, in milliseconds since the epoch; undefined: it was seen as it should be. */
  #lookAt(state: SyncResult['state'], sentMeanwhile: boolean, dueAfterMs: number | undefined): number | undefined {
    const now = this.#deps.clock.now();
    const { readBackAfterMs } = this.#deps;
    if (state === 'activating') return now + activationLookMs;
    if (sentMeanwhile) return now + readBackAfterMs;
    // Who reads back at once does not stay, and what is left is done when its sessions close.
    return dueAfterMs === undefined || readBackAfterMs === 0 ? undefined : now + dueAfterMs;
  }

  /** The device is at this version; if what was said to it has yet to be seen, it is read at `readBackAt`. */
  async #arrived(point: string, version: number, readBackAt: number | undefined): Promise<void> {
    await this.#deps.store.acknowledge(point, version, readBackAt);
    const delayMs = (readBackAt ?? 0) - this.#deps.clock.now();
    if (readBackAt !== undefined) await this.#deps.queue.enqueue(point, { delayMs: Math.max(1, delayMs) });
  }

  /**
   * Another try, later each time; whatever the device is like by then, it is read first. How often it has failed is kept
   * with the point, so that a worker that was just started waits as long as the one before it would have.
   */
  async #again(point: string, error: AdapterError): Promise<void> {
    const { delayMs, then } = errorPolicy[error.errorClass];
    if (then === 'hold' || then === 'retry') await this.#deps.sessions.forget(point);
    const failures = await this.#deps.store.failed(point);
    const growing = { baseMs: delayMs, maxMs: longestDelayMs };
    const wait = error.details.retryAfterMs ?? backoffMs(growing, failures, { random: this.#deps.random });
    await this.#deps.queue.enqueue(point, { delayMs: wait });
    if (error.errorClass === 'auth') void this.#awaitSecret(point, wait);
  }

  /** Whoever is refused by a device waits for minutes; whoever gets another Secret meanwhile does not. */
  async #awaitSecret(point: string, forMs: number): Promise<void> {
    const { sessions, queue } = this.#deps;
    // A queue that cannot be reached leaves it at the delay.
    await sessions.secretChange(point, forMs, () => queue.enqueue(point)).catch(() => undefined);
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** With what was sent while the device was read, and told to nobody. */
function withSent(result: SyncResult, sent: readonly CarriedOut[]): SyncResult {
  return sent.reduce<SyncResult>(
    (sum, { outcomes, nativeCalls }) => ({
      ...sum,
      outcomes: [...outcomes, ...sum.outcomes],
      nativeCalls: sum.nativeCalls + nativeCalls,
    }),
    result,
  );
}
