import type { Clock, Session } from '../adapter/adapter.ts';
import { asAdapterError, type AdapterError } from '../adapter/errors.ts';
import type { Auditor } from '../audit/auditor.ts';
import { startedAt, type PendingOperation } from '../core/model/pending.ts';
import { needsGuard } from '../core/plan/guards.ts';
import { differencesOf } from '../core/status/drift.ts';
import type { WorkLease, WorkQueue } from '../queue/work-queue.ts';
import type { DesiredSnapshot, DesiredStore, Work } from '../store/desired-store.ts';
import { nothingApplied, type ApplyResult, type BatchTarget } from './sync/apply-batches.ts';
import { MemberUpdates, noUpdates, type ConcurrentUpdates } from './sync/concurrent-updates.ts';
import { followUp } from './sync/submitted-updates.ts';
import { longestMs, Polling, together, type Ended, type PollingDeps, type UpdatesFrom } from './polling.ts';
import { Retries } from './retries.ts';
import type { OpenPoint, Sessions } from './sessions/sessions.ts';
import { syncDelta } from './sync/sync-delta.ts';
import { syncPoint, type SyncResult } from './sync/sync-point.ts';
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

/** A point with whoever writes to it, and where that is. */
type Target = BatchTarget & Pick<OpenPoint, 'place'>;

/** A data plane that has not caught up yet is looked at again after this. */
const activationLookMs = 2_000;

/** Takes points that are due from the queue and brings their devices up to date. Any number of these may run. */
export class Worker {
  readonly #deps: WorkerDeps;
  readonly #retries: Retries;
  readonly #polling: Polling;
  /** Sessions that have read their device and found nothing in the way. */
  readonly #familiar = new WeakSet<Session>();

  constructor(deps: WorkerDeps) {
    this.#deps = deps;
    this.#retries = new Retries(deps);
    const updates: PollingDeps['updates'] = (work, target, from) => this.#updates(work, target, from);
    this.#polling = new Polling({ ...deps, retries: this.#retries, updates });
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
    if (!lease.continues) open.session.othersWrote?.();
    const target = { ...open, signal: lease.signal, confirm };
    if (work.pending !== undefined) {
      const ended = await this.#polling.poll(work, work.pending, target);
      if (ended !== undefined) await this.#full(work, target, { arrived: false, ended });
      return;
    }
    const result = await this.#fast(work, target);
    if (result === 'not-possible') await this.#full(work, target, { arrived: false });
    else if (result === 'arrived' && this.#isDue(work)) await this.#full(work, target, { arrived: true });
  }

  /** Rules, the first sync, errors and large unexplained removals take the full path. */
  async #fast(work: Work, target: BatchTarget): Promise<'arrived' | 'in-progress' | 'not-possible'> {
    const deltas = deltasToSend(work);
    if (deltas === undefined) return 'not-possible';
    if (deltas.length === 0 && this.#isDue(work)) return 'arrived';
    const point = work.point.metadata.name;
    const { audit, clock, store, readBackAfterMs } = this.#deps;
    if (await audit.hasUnsettled(point)) return 'not-possible';
    audit.delta(work);
    const result = await syncDelta(deltas, { ...target, submits: true });
    if (result === undefined) return 'not-possible';
    const pending = started(result, clock.now());
    if (isSubmitted(target, result)) return this.#submitted(work, { ...target, submits: true }, result, pending);
    const failure = result.error ?? result.quarantined[0]?.error;
    const report = { point, path: 'delta', version: work.version, result, pending } as const;
    if (pending.length > 0) {
      const { error, quarantined: refused, waiting } = result;
      const membersOnly = error === undefined && refused.length + waiting === 0;
      await this.#polling.leave(report, { refused, seen: work.version, membersOnly }, error);
      return 'in-progress';
    }
    if (failure !== undefined) {
      await store.distrust(point);
      return 'not-possible';
    }
    await this.#deps.report(report);
    const unread = result.nativeCalls > 0 ? clock.now() + readBackAfterMs : undefined;
    // A read-back that is due follows at once.
    if (this.#isDue(work)) await store.acknowledge(point, work.version, work.readBackDueAt);
    else await this.#arrived(point, work.version, earlier(work.readBackDueAt, unread));
    return 'arrived';
  }

  /** Goes on with what is published meanwhile, until the device has carried out what it has accepted. */
  async #submitted(
    work: Work,
    target: BatchTarget,
    result: ApplyResult,
    operations: readonly PendingOperation[],
  ): Promise<'arrived' | 'in-progress' | 'not-possible'> {
    const point = work.point.metadata.name;
    const { clock, store, queue, readBackAfterMs } = this.#deps;
    const readBackDueAt = earlier(work.readBackDueAt, clock.now() + readBackAfterMs);
    const isWhole = result.quarantined.length + result.waiting === 0;
    const from = {
      since: work.version,
      grants: isWhole,
      pending: operations,
      ...(isWhole && { submitted: { version: work.version, result } }),
    };
    const updates = this.#updates({ ...work, readBackDueAt }, target, from);
    const error = await followUp(updates, clock, { signal: target.signal, longestMs: longestMs(target) });
    if (error !== undefined || result.quarantined.length > 0) {
      await store.distrust(point);
      return 'not-possible';
    }
    const { pending, seen, grants, acknowledged } = updates;
    if (pending.length > 0) {
      const report = {
        point,
        path: 'delta',
        version: seen,
        result: together(result, updates.unreported),
        pending,
      } as const;
      await this.#polling.leave(report, { refused: [], seen, membersOnly: grants });
      return 'in-progress';
    }
    if (!grants && this.#isDue(work)) return 'not-possible';
    // What had to wait for another is sent now that the other has ended.
    if (!grants) await queue.enqueue(point);
    if (acknowledged !== undefined && !this.#isDue(work)) await this.#arrived(point, acknowledged, readBackDueAt);
    return 'arrived';
  }

  /** Reads the device and brings it where it should be; members that change meanwhile are sent as far as may be. */
  async #full(
    work: Work,
    target: Target,
    { arrived, ended = nothingApplied }: { readonly arrived: boolean; readonly ended?: Ended },
  ): Promise<void> {
    const point = work.point.metadata.name;
    const { audit, clock, store } = this.#deps;
    const snapshot = await work.snapshot();
    await audit.fullSync(snapshot);
    const { mode, guard } = snapshot.point.spec;
    const updates = this.#updatesWhileReading(work, snapshot, target, arrived);
    const { mostPerBatch, quarantined: refused } = ended;
    const synced = await syncPoint({ ...target, ...snapshot, mode, limits: guard, updates, refused, mostPerBatch });
    await audit.read(point, synced.observed.length, synced.remaining);
    const drift = snapshot.reached ? differencesOf(synced.plan.changes) : [];
    const version = Math.max(snapshot.version, updates.acknowledged ?? 0);
    const pending = [...updates.pending, ...started(synced, clock.now())];
    const inProgress = pending.length > 0 && synced.error === undefined;
    const counted = together(synced, [...updates.unreported, ended]);
    const result = { ...synced, ...counted, ...(inProgress && { state: 'in-progress' as const }) };
    const readBack = updates.acknowledged === undefined ? {} : { readBack: work.version };
    const { version: deviceVersion } = target.context.capabilities;
    const report = {
      point,
      path: 'full',
      version,
      ...readBack,
      desired: snapshot.desired,
      place: target.place,
      result,
      pending,
      drift,
      ...(deviceVersion !== '' && { deviceVersion }),
    } as const;
    if (isFamiliar(result)) this.#familiar.add(target.session);
    else this.#familiar.delete(target.session);
    if (pending.length > 0) {
      const membersOnly = updates.grants && synced.pending.length + synced.waiting === 0;
      const rest = { refused: result.quarantined, ...(mostPerBatch && { mostPerBatch }), seen: version, membersOnly };
      return this.#polling.leave(report, rest, result.error);
    }
    if (work.pending !== undefined && result.state !== 'failed') await store.keepPending(point, undefined);
    await this.#deps.report(report);
    await this.#follow(point, version, result, updates.used);
  }

  /** What a full sync leaves to be done. */
  async #follow(point: string, version: number, result: SyncResult, updated: boolean): Promise<void> {
    const { state, error, quarantined, lookAgainAfterMs } = result;
    const failure = error ?? quarantined[0]?.error;
    if (failure !== undefined) await this.#retries.later(point, failure);
    else if (state === 'held') await this.#deps.store.distrust(point);
    else if (state === 'programmed' || state === 'activating')
      await this.#arrived(point, version, this.#lookAt(state, updated, lookAgainAfterMs));
  }

  #updatesWhileReading(
    work: Work,
    { point, version }: DesiredSnapshot,
    target: BatchTarget,
    arrived: boolean,
  ): ConcurrentUpdates {
    const { sendWhileReading = false } = target.context.capabilities;
    if (point.spec.mode === 'Observe') return noUpdates;
    // Where nobody has looked yet, an object of that name may be somebody else's.
    const whileReading = sendWhileReading && (arrived || this.#familiar.has(target.session));
    const since = arrived ? work.version : whileReading ? 0 : version;
    return this.#updates(work, target, { since, grants: whileReading && arrived, whileReading });
  }

  #updates({ point: { metadata }, readBackDueAt }: Work, target: BatchTarget, from: UpdatesFrom): MemberUpdates {
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
}

/** Is something pending that may end in a moment? */
function isSubmitted({ session }: BatchTarget, { error, pending }: ApplyResult): boolean {
  return session.submit !== undefined && error === undefined && pending.length > 0;
}

/** What the fast path may send; undefined: the device has to be read first. */
function deltasToSend({ deltas, synced, point, ended }: Work): Work['deltas'] {
  if (deltas === undefined || !synced || point.spec.mode === 'Observe') return undefined;
  return needsGuard(deltas, ended, point.spec.guard) ? undefined : deltas;
}

function started({ pending }: Pick<ApplyResult, 'pending'>, now: number): readonly PendingOperation[] {
  return pending.map((operation) => startedAt(operation, now));
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Nothing stands in the way of our groups; what is held for other reasons says nothing about them. */
function isFamiliar({ state, violations }: SyncResult): boolean {
  if (state === 'held') return violations.every(({ guard }) => guard === 'too-many-removals');
  return state === 'programmed' || state === 'activating';
}
