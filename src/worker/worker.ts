import type { Clock, Session } from '../adapter/adapter.ts';
import { asAdapterError, type AdapterError } from '../adapter/errors.ts';
import type { Auditor } from '../audit/auditor.ts';
import { startedAt, type PendingOperation } from '../core/model/pending.ts';
import { needsGuard } from '../core/plan/guards.ts';
import { differencesOf } from '../core/status/drift.ts';
import type { WorkLease, WorkQueue } from '../queue/work-queue.ts';
import type { DesiredSnapshot, DesiredStore, Work } from '../store/desired-store.ts';
import type { PendingSync } from '../store/pending-sync.ts';
import { nothingApplied, type ApplyResult } from './apply-batches.ts';
import { MemberUpdates, noUpdates, type ConcurrentUpdates, type MemberUpdatesDeps } from './concurrent-updates.ts';
import { pollOperations } from './poll-operations.ts';
import { Retries } from './retries.ts';
import type { OpenPoint, Sessions } from './sessions.ts';
import { syncDelta } from './sync-delta.ts';
import { syncPoint, type SyncResult } from './sync-point.ts';
import type { SyncReport } from './sync-report.ts';

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
  /** Keeps the record of what is written and why. */
  readonly audit: Auditor;
}

/** An open point, and the right to write to it. */
interface Target extends OpenPoint {
  readonly signal: AbortSignal;
  readonly confirm: () => Promise<void>;
}

/** What became of operations that have all ended. */
interface Ended extends ApplyResult {
  /** See `PendingSync`. */
  readonly mostPerBatch?: number | undefined;
}

/** A data plane that has not caught up yet is looked at again after this. */
const activationLookMs = 2_000;
/** An operation is given up when it takes this long, or so many times what it usually takes. */
const longestOperationMs = 15 * 60_000;
const longestOperationTimes = 5;

/** Takes points that are due from the queue and brings their devices up to date. Any number of these may run. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #retries: Retries;
  /** Sessions that have read their device and found nothing in the way. */
  readonly #familiar = new WeakSet<Session>();

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#retries = new Retries(deps);
  }

  start(concurrency: number): void {
    this.#deps.queue.process((point, lease) => this.#handle(point, lease), concurrency);
  }

  async #handle(point: string, lease: WorkLease): Promise<void> {
    const work = await this.#deps.store.take(point);
    if (work === undefined) {
      await this.#deps.sessions.forget(point);
      return;
    }
    try {
      await this.#sync(work, await this.#deps.sessions.open(work.point), lease);
    } catch (error) {
      await this.#failed(work, asAdapterError(error));
    }
  }

  async #failed({ point, version }: Work, error: AdapterError): Promise<void> {
    const { name } = point.metadata;
    await this.#deps.report({ point: name, path: 'none', version, error });
    await this.#retries.later(name, error);
  }

  async #sync(work: Work, open: OpenPoint, lease: WorkLease): Promise<void> {
    const confirm = (): Promise<void> => {
      this.#deps.signal.throwIfAborted();
      return lease.confirm();
    };
    const target = { ...open, signal: lease.signal, confirm };
    if (work.pending !== undefined) {
      const ended = await this.#poll(work, work.pending, target);
      if (ended !== undefined) await this.#full(work, target, { arrived: false, ended });
      return;
    }
    const result = await this.#fast(work, target);
    if (result === 'not-possible') await this.#full(work, target, { arrived: false });
    else if (result === 'arrived' && this.#isDue(work)) await this.#full(work, target, { arrived: true });
  }

  /**
   * Asks after what the device is at work on, and sends changes of members that need not wait for it.
   *
   * @returns what became of it when all has ended, and the device is to be read; undefined: not yet
   */
  async #poll(work: Work, known: PendingSync, target: Target): Promise<Ended | undefined> {
    const point = work.point.metadata.name;
    const { store, clock, report } = this.#deps;
    const limits = { now: () => clock.now(), longestMs: longestMs(target) };
    const polled = await pollOperations(known.operations, target.session, limits);
    const refused = [...known.refused, ...polled.refused];
    const { mostPerBatch } = { ...known, ...polled };
    const rest = { refused, ...(mostPerBatch && { mostPerBatch }) };
    await store.keepPending(point, { ...known, ...rest, operations: polled.operations });
    if (polled.error !== undefined) {
      await this.#failed(work, polled.error);
      return undefined;
    }
    const { operations: pending, outcomes } = polled;
    const ended = { ...nothingApplied, outcomes, quarantined: refused };
    if (pending.length === 0) return { ...ended, mostPerBatch };
    const updates = this.#updates(work, target, { since: known.seen, grants: known.membersOnly, pending });
    const error = await updates.send();
    const left = { ...rest, operations: updates.pending, seen: updates.seen, membersOnly: updates.grants };
    await store.keepPending(point, left);
    const result = together(ended, updates.unreported);
    await report({ point, path: 'delta', version: updates.seen, result, pending: updates.pending });
    await this.#pollLater(point, updates.pending, error);
    return undefined;
  }

  /** Rules, the first sync, errors and large unexplained removals take the full path. */
  async #fast(work: Work, target: Target): Promise<'arrived' | 'in-progress' | 'not-possible'> {
    if (work.deltas === undefined || !work.synced || work.point.spec.mode === 'Observe') return 'not-possible';
    if (needsGuard(work.deltas, work.ended)) return 'not-possible';
    if (work.deltas.length === 0 && this.#isDue(work)) return 'arrived';
    const point = work.point.metadata.name;
    const { audit, clock, store, report, readBackAfterMs } = this.#deps;
    if (await audit.isUnclear(point)) return 'not-possible';
    audit.delta(work);
    const result = await syncDelta(work.deltas, target);
    if (result === undefined) return 'not-possible';
    const pending = started(result, clock.now());
    const failure = result.error ?? result.quarantined[0]?.error;
    if (pending.length > 0) return this.#leaveInProgress(work, result, pending);
    if (failure !== undefined) {
      await store.distrust(point);
      return 'not-possible';
    }
    await report({ point, path: 'delta', version: work.version, result, pending });
    const unread = result.nativeCalls > 0 ? clock.now() + readBackAfterMs : undefined;
    // A read-back that is due follows at once.
    if (this.#isDue(work)) await store.acknowledge(point, work.version, work.readBackDueAt);
    else await this.#arrived(point, work.version, earlier(work.readBackDueAt, unread));
    return 'arrived';
  }

  /** The fast path ends here for now; the device is polled, and read when all has ended. */
  async #leaveInProgress(
    { point: { metadata }, version }: Work,
    result: ApplyResult,
    pending: readonly PendingOperation[],
  ): Promise<'in-progress'> {
    const { name: point } = metadata;
    const { error, quarantined: refused, waiting } = result;
    const membersOnly = error === undefined && refused.length + waiting === 0;
    await this.#deps.store.keepPending(point, { operations: pending, refused, seen: version, membersOnly });
    await this.#deps.report({ point, path: 'delta', version, result, pending });
    await this.#pollLater(point, pending, error);
    return 'in-progress';
  }

  /** Reads the device and brings it where it should be; members that change meanwhile are sent as far as may be. */
  async #full(
    work: Work,
    target: Target,
    { arrived, ended = nothingApplied }: { readonly arrived: boolean; readonly ended?: Ended },
  ): Promise<void> {
    const point = work.point.metadata.name;
    const { audit, clock, store, report } = this.#deps;
    const snapshot = await work.snapshot();
    await audit.whole(snapshot);
    const { mode, guard } = snapshot.point.spec;
    const updates = this.#updatesWhileReading(work, snapshot, target, arrived);
    const { mostPerBatch, quarantined: refused } = ended;
    const synced = await syncPoint({
      ...target,
      ...snapshot,
      mode,
      limits: guard,
      updates,
      refused,
      mostPerBatch,
    });
    await audit.read(point, synced.observed.length, synced.remaining);
    const drift = snapshot.reached ? differencesOf(synced.plan.changes) : [];
    const version = Math.max(snapshot.version, updates.acknowledged ?? 0);
    const pending = [...updates.pending, ...started(synced, clock.now())];
    const inProgress = pending.length > 0 && synced.error === undefined;
    const counted = together(synced, [...updates.unreported, ended]);
    const result = { ...synced, ...counted, ...(inProgress && { state: 'in-progress' as const }) };
    if (pending.length > 0) {
      const membersOnly = updates.grants && synced.pending.length + synced.waiting === 0;
      const rest = { refused: result.quarantined, ...(mostPerBatch && { mostPerBatch }) };
      await store.keepPending(point, { ...rest, operations: pending, seen: version, membersOnly });
    } else if (work.pending !== undefined && result.state !== 'failed') await store.keepPending(point, undefined);
    const readBack = updates.acknowledged === undefined ? {} : { readBack: work.version };
    await report({ point, path: 'full', version, ...readBack, desired: snapshot.desired, result, pending, drift });
    await this.#follow(point, version, { result, pending, session: target.session, updated: updates.used });
  }

  /** What a full sync leaves to be done. */
  async #follow(
    point: string,
    version: number,
    {
      result,
      pending,
      session,
      updated,
    }: {
      readonly result: SyncResult;
      readonly pending: readonly PendingOperation[];
      readonly session: Session;
      readonly updated: boolean;
    },
  ): Promise<void> {
    const { state, error, quarantined, lookAgainAfterMs } = result;
    const inPlace = state === 'programmed' || state === 'activating';
    if (inPlace) this.#familiar.add(session);
    else this.#familiar.delete(session);
    const failure = error ?? quarantined[0]?.error;
    if (pending.length > 0) await this.#pollLater(point, pending, error);
    else if (failure !== undefined) await this.#retries.later(point, failure);
    else if (state === 'held') await this.#deps.store.distrust(point);
    else if (inPlace) await this.#arrived(point, version, this.#lookAt(state, updated, lookAgainAfterMs));
  }

  #updatesWhileReading(work: Work, { point }: DesiredSnapshot, target: Target, arrived: boolean): ConcurrentUpdates {
    const { sendWhileReading = false } = target.context.capabilities;
    if (!sendWhileReading || point.spec.mode === 'Observe') return noUpdates;
    // Where nobody has looked yet, an object of that name may be somebody else's.
    if (!arrived && !this.#familiar.has(target.session)) return noUpdates;
    return this.#updates(work, target, { since: arrived ? work.version : 0, grants: arrived });
  }

  #updates(
    { point: { metadata }, readBackDueAt }: Work,
    target: Target,
    from: Pick<MemberUpdatesDeps, 'since' | 'grants' | 'pending'>,
  ): MemberUpdates {
    const { store, clock, audit } = this.#deps;
    const report = (version: number, result: ApplyResult): unknown =>
      this.#deps.report({ point: metadata.name, path: 'delta', version, result, pending: [] });
    const onRecord = audit.asDelta.bind(audit);
    return new MemberUpdates({ point: metadata.name, store, clock, target, ...from, readBackDueAt, onRecord, report });
  }

  #isDue({ readBackDueAt }: Work): boolean {
    return readBackDueAt !== undefined && readBackDueAt <= this.#deps.clock.now();
  }

  /** When to look at the device again, in milliseconds since the epoch; undefined: it was seen as it should be. */
  #lookAt(state: SyncResult['state'], updated: boolean, dueAfterMs: number | undefined): number | undefined {
    const now = this.#deps.clock.now();
    const { readBackAfterMs } = this.#deps;
    if (state === 'activating') return now + activationLookMs;
    if (updated) return now + readBackAfterMs;
    // Who reads back at once does not stay, and what is left is done when its sessions close.
    return dueAfterMs === undefined || readBackAfterMs === 0 ? undefined : now + dueAfterMs;
  }

  /** The device is at this version; if what was said to it has yet to be seen, it is read at `readBackDueAt`. */
  async #arrived(point: string, version: number, readBackDueAt: number | undefined): Promise<void> {
    await this.#deps.store.acknowledge(point, version, readBackDueAt);
    const delayMs = (readBackDueAt ?? 0) - this.#deps.clock.now();
    if (readBackDueAt !== undefined) await this.#deps.queue.enqueue(point, { delayMs: Math.max(1, delayMs) });
  }

  /** Nobody waits for the device: the point comes back when it may have ended something. */
  async #pollLater(point: string, pending: readonly PendingOperation[], error?: AdapterError): Promise<void> {
    if (error !== undefined) return this.#retries.later(point, error);
    const delayMs = Math.min(...pending.map(({ pollAt }) => pollAt)) - this.#deps.clock.now();
    await this.#deps.queue.enqueue(point, { delayMs: Math.max(1, delayMs) });
  }
}

function started({ pending }: Pick<ApplyResult, 'pending'>, now: number): readonly PendingOperation[] {
  return pending.map((operation) => startedAt(operation, now));
}

function longestMs({ context: { capabilities } }: OpenPoint): number {
  return Math.max(longestOperationMs, longestOperationTimes * capabilities.settleSeconds * 1_000);
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** With what was sent beside it and not reported. */
function together(result: ApplyResult, beside: readonly ApplyResult[]): ApplyResult {
  return beside.reduce(
    (sum, { outcomes, nativeCalls }) => ({
      ...sum,
      outcomes: [...outcomes, ...sum.outcomes],
      nativeCalls: sum.nativeCalls + nativeCalls,
    }),
    result,
  );
}
