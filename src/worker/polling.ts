import { minOf } from '../core/model/extremes.ts';
import type { AdapterError } from '../adapter/errors.ts';
import { dueInMs, type PendingOperation } from '../core/model/pending.ts';
import type { Work } from '../store/desired-store.ts';
import type { PendingSync } from '../store/pending-sync.ts';
import { nothingApplied, withOutcomesOf, type ApplyResult, type BatchTarget } from './sync/apply-batches.ts';
import { pollOperations } from './sync/poll-operations.ts';
import type { Retries } from './retries.ts';
import type { SyncReport } from './sync-report.ts';
import { updatesOf } from './updates-of.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** What became of operations that have all ended. */
export interface EndedOperations extends ApplyResult {
  /** See `PendingSync`. */
  readonly mostPerBatch?: number | undefined;
}

/** What is kept with the point beside the pending operations, which the report names. */
type Kept = Omit<PendingSync, 'operations'>;
type ReportOfPending = Exclude<SyncReport, { path: 'none' }>;

/** An operation is given up when it takes this long, or so many times what it usually takes. */
const longestOperationMs = 15 * 60_000;
const longestOperationTimes = 5;

/** Polls points whose device has not finished a change: no worker waits for it, and nothing is sent again. */
export class Polling {
  readonly #deps: WorkerDeps;
  readonly #retries: Retries;

  constructor(deps: WorkerDeps, retries: Retries) {
    this.#deps = deps;
    this.#retries = retries;
  }

  /**
   * Asks after what the device is at work on, and sends changes of members that need not wait for it.
   *
   * @returns what became of it when all has ended, and the device is to be read; undefined: not yet
   * @throws AdapterError when the device could not be asked, or an operation does not end
   */
  async poll(work: Work, known: PendingSync, target: BatchTarget): Promise<EndedOperations | undefined> {
    const point = work.point.metadata.name;
    const { store, clock } = this.#deps;
    if (nothingToDo(known, target, clock.now())) {
      await this.#later(point, known.operations, undefined);
      return undefined;
    }
    const limits = { now: () => clock.now(), longestMs: longestMs(target) };
    const polled = await pollOperations(known.operations, target.session, limits);
    const refused = [...known.refused, ...polled.refused];
    const { mostPerBatch } = { ...known, ...polled };
    const rest = { refused, ...(mostPerBatch && { mostPerBatch }) };
    await store.keepPending(point, { ...known, ...rest, operations: polled.operations });
    if (polled.error !== undefined) throw polled.error;
    const { operations: pending, outcomes } = polled;
    const ended = { ...nothingApplied, outcomes, quarantined: refused };
    if (pending.length === 0) return { ...ended, mostPerBatch };
    const updates = updatesOf(this.#deps, work, target, {
      since: known.seen,
      grants: known.membersOnly,
      pending,
      whileReading: false,
    });
    const error = await updates.send();
    const report = { point, path: 'delta', version: updates.seen, pending: updates.pending } as const;
    const result = withOutcomesOf(ended, updates.unreported);
    await this.leave({ ...report, result }, { ...rest, seen: updates.seen, membersOnly: updates.grants }, error);
    return undefined;
  }

  /** Keeps what is pending with the point, for whichever worker takes it up when the device may have ended something. */
  async leave(report: ReportOfPending, rest: Kept, error?: AdapterError): Promise<void> {
    await this.#deps.store.keepPending(report.point, { ...rest, operations: report.pending });
    await this.#deps.report(report);
    await this.#later(report.point, report.pending, error);
  }

  async #later(point: string, pending: readonly PendingOperation[], error: AdapterError | undefined): Promise<void> {
    if (error !== undefined) return this.#retries.later(point, error);
    const now = this.#deps.clock.now();
    const delayMs = minOf(pending.map((one) => dueInMs(one, now, Infinity)));
    await this.#deps.queue.enqueue(point, { delayMs: Math.max(1, delayMs) });
  }
}

/** Nothing is due, and nothing may be sent beside it: pods that come and go in the meantime cost no more than this. */
function nothingToDo({ operations }: PendingSync, target: BatchTarget, now: number): boolean {
  const isDue = operations.length === 0 || operations.some((one) => dueInMs(one, now, longestMs(target)) === 0);
  return target.context.capabilities.serialised === 'target' && !isDue;
}

/** How long one operation may take. */
export function longestMs({ context: { capabilities } }: BatchTarget): number {
  return Math.max(longestOperationMs, longestOperationTimes * capabilities.settleSeconds * 1_000);
}
