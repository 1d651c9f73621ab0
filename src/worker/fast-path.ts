import { needsGuard } from '../core/plan/guard/guards.ts';
import type { GroupDelta } from '../core/model/desired.ts';
import { startedAt, type PendingOperation } from '../core/model/pending.ts';
import { portion } from '../core/plan/in-flight/portion.ts';
import type { Waiting } from '../core/plan/in-flight/waiting.ts';
import type { WorkLease } from '../queue/work-queue.ts';
import type { MemberChanges, Work } from '../store/desired-store.ts';
import { longestMs, type Polling } from './polling.ts';
import type { ReadBack } from './read-back.ts';
import { withOutcomesOf, type ApplyResult, type BatchTarget } from './sync/apply-batches.ts';
import { cautious } from './sync/call-pace.ts';
import { CallsInFlight } from './sync/calls-in-flight.ts';
import { UpdatesInFlight } from './sync/updates-in-flight.ts';
import type { MemberUpdates } from './sync/member-updates.ts';
import { followUp } from './sync/submitted-updates.ts';
import { syncDelta } from './sync/sync-delta.ts';
import { updatesOf } from './updates-of.ts';
import type { KnownDevice, Remembered } from './remembered.ts';
import type { WorkerDeps } from './worker-deps.ts';

const nothingKnown: KnownDevice = { pace: cautious, leftovers: [] };

/** `not-possible`: the device has to be read first. `read-back`: it has been read, beside what was in flight. */
export type FastResult = 'arrived' | 'in-progress' | 'not-possible' | 'read-back';
/** Reads the device back while changes of members go on. */
export type ReadBeside = (inFlight: UpdatesInFlight) => Promise<void>;

/** The fast path: changes of members, sent without reading the device. */
export class FastPath {
  readonly #deps: WorkerDeps;
  readonly #polling: Polling;
  readonly #readBack: ReadBack;
  readonly #remembered: Remembered;

  constructor(deps: WorkerDeps, polling: Polling, readBack: ReadBack, remembered: Remembered) {
    this.#deps = deps;
    this.#polling = polling;
    this.#readBack = readBack;
    this.#remembered = remembered;
  }

  /** Rules, the first sync, errors and large unexplained removals take the full path. */
  async send(work: Work, target: BatchTarget, lease: WorkLease, readBeside: ReadBeside): Promise<FastResult> {
    const deltas = deltasToSend(work);
    const point = work.point.metadata.name;
    if (deltas === undefined || !lease.continues) this.#nothingLeft(point);
    if (deltas === undefined) return 'not-possible';
    const known = this.#remembered.devices.get(point) ?? nothingKnown;
    const isNothing = deltas.length + known.leftovers.length === 0;
    const isDue = this.#readBack.isDue(work);
    if (isNothing && isDue && !takesBoth(target)) return 'arrived';
    if (await this.#deps.audit.hasUnsettled(point)) return 'not-possible';
    const { callsInFlight } = target.context.capabilities;
    if (callsInFlight === undefined || (isNothing && !isDue)) return this.#inOneCall(work, deltas, target);
    return this.#sideBySide({ ...work, groups: deltas, membersOnly: true }, target, { lease, readBeside });
  }

  /** The full path, or another worker, finds by itself what is to be taken away; by now it may be in use again. */
  #nothingLeft(point: string): void {
    const known = this.#remembered.devices.get(point);
    if (known !== undefined) this.#remembered.devices.set(point, { ...known, leftovers: [] });
  }

  async #inOneCall(work: Work, deltas: readonly GroupDelta[], target: BatchTarget): Promise<FastResult> {
    const point = work.point.metadata.name;
    const { audit, clock, store } = this.#deps;
    audit.delta(work);
    const submitting = { ...target, submits: true };
    const { now, later } = portion([{ after: work.acknowledged, groups: deltas }], mostAtOnce(target));
    const result = await syncDelta(now, submitting);
    if (result === undefined) return 'not-possible';
    const pending = startedAt(clock.now(), result.pending);
    const failure = result.error ?? result.quarantined[0]?.error;
    if (isSubmitted(target, result) || (later.length > 0 && failure === undefined))
      return this.#submitted(work, later, submitting, result, pending);
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
    const { version, readBackDueAt } = work;
    const isReadBack = readBackDueAt === undefined && result.outcomes.length === 0;
    await this.#deps.report({ ...report, ...(isReadBack && { readBack: version }) });
    const dueAt = result.nativeCalls > 0 ? this.#readBack.dueAfterWriting(readBackDueAt) : readBackDueAt;
    // A read-back that is due follows at once.
    if (this.#readBack.isDue(work)) await store.acknowledge(point, version, readBackDueAt);
    else await this.#readBack.arrived(point, version, dueAt);
    return 'arrived';
  }

  /** Goes on with what is published in the meantime, several calls at once, until there is nothing more to send. */
  async #sideBySide(
    work: Work & MemberChanges,
    target: BatchTarget,
    { lease, readBeside }: { readonly lease: WorkLease; readonly readBeside: ReadBeside },
  ): Promise<FastResult> {
    const point = work.point.metadata.name;
    const { store, clock, queue, audit, report, readBackAfterMs } = this.#deps;
    const readBackDueAt = this.#readBack.dueAfterWriting(work.readBackDueAt);
    const calls = new CallsInFlight(
      {
        point,
        store,
        clock,
        target,
        lease,
        readBackDueAt,
        ...(this.#remembered.devices.get(point) ?? nothingKnown),
        onRecord: audit.asDelta.bind(audit),
        report: (version, result) => report({ point, path: 'delta', version, result, pending: [] }),
      },
      work,
    );
    // What is read back at once is only what these calls are about.
    if (takesBoth(target) && readBackAfterMs > 0 && (await calls.untilDue())) {
      const updates = new UpdatesInFlight(calls, work.acknowledged, this.#withdrawals(work, target, lease));
      // The read reports the outcome of the calls, unless it fails itself; they end before the turn in any case.
      await readBeside(updates).finally(() => updates.end().catch(() => undefined));
      this.#remembered.devices.set(point, { pace: calls.pace, leftovers: [] });
      return 'read-back';
    }
    const { acknowledged, isOver, hasMore, leftovers, error } = await calls.end();
    // The full path finds by itself what it has to take away.
    this.#remembered.devices.set(point, {
      pace: calls.pace,
      leftovers: error === undefined && !isOver ? leftovers : [],
    });
    if (error !== undefined) await store.distrust(point);
    if (error !== undefined || isOver) return 'not-possible';
    if (hasMore) await queue.enqueue(point);
    if (acknowledged !== undefined && !this.#readBack.isDue(work))
      await this.#readBack.arrived(point, acknowledged, readBackDueAt);
    return 'arrived';
  }

  #withdrawals(work: Work, target: BatchTarget, lease: WorkLease): (after: CallsInFlight) => MemberUpdates {
    return ({ left }) => updatesOf(this.#deps, work, target, { ...left, grants: false, whileReading: true, lease });
  }

  /** Goes on with what is published in the meantime, until the device has carried out what it has accepted. */
  async #submitted(
    work: Work,
    [unsent]: readonly Waiting[],
    target: BatchTarget,
    result: ApplyResult,
    operations: readonly PendingOperation[],
  ): Promise<FastResult> {
    const point = work.point.metadata.name;
    const { clock, store, queue } = this.#deps;
    const readBackDueAt = this.#readBack.dueAfterWriting(work.readBackDueAt);
    const isWhole = result.quarantined.length + result.waiting === 0;
    const from = {
      since: work.version,
      grants: isWhole,
      pending: operations,
      ...(isWhole && { submitted: { version: unsent?.after ?? work.version, result } }),
      ...(unsent && { unsent: { ...work, ...unsent, membersOnly: true } }),
    };
    const updates = updatesOf(this.#deps, { ...work, readBackDueAt }, target, from);
    const error = await followUp(updates, clock, { signal: target.signal, longestMs: longestMs(target) });
    if (error !== undefined || result.quarantined.length > 0) {
      await store.distrust(point);
      return 'not-possible';
    }
    const { pending, seen, grants, acknowledged } = updates;
    if (pending.length > 0) {
      const report = { point, path: 'delta', version: seen, pending } as const;
      const sent = withOutcomesOf(result, updates.unreported);
      await this.#polling.leave({ ...report, result: sent }, { refused: [], seen, membersOnly: grants });
      return 'in-progress';
    }
    if (!grants && this.#readBack.isDue(work)) return 'not-possible';
    // What had to wait for another is sent now that the other has ended.
    if (!grants || updates.hasMore) await queue.enqueue(point);
    if (acknowledged !== undefined && !this.#readBack.isDue(work))
      await this.#readBack.arrived(point, acknowledged, readBackDueAt);
    return 'arrived';
  }
}

/** What waits for the device to carry it out is not divided: each part would be waited for. */
function mostAtOnce({ session, context }: BatchTarget): number | undefined {
  return session.submit === undefined ? undefined : context.capabilities.membersPerRequest;
}

/** Does the device take several calls that change members while it is read? */
function takesBoth({ context: { capabilities } }: BatchTarget): boolean {
  const { sendWhileReading = false, callsInFlight = 1 } = capabilities;
  return sendWhileReading && callsInFlight > 1;
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
