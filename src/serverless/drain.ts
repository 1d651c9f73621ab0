import type { Clock } from '../adapter/adapter.ts';
import type { QueueDepth, WorkQueue } from '../queue/work-queue.ts';
import type { PointState } from '../core/model/outcome.ts';
import { firstLine } from '../log/scrub.ts';
import type { SyncReport } from '../worker/sync-report.ts';

/** What became of one point, in numbers and words without secrets. */
export interface PointSummary {
  readonly point: string;
  /** As the last sync left it: `programmed`, `sent`, `held`, ..., `failed`. */
  readonly state: string;
  /** Sent to the device, all syncs together. */
  readonly changes: number;
  readonly nativeCalls: number;
  /** Class and message of what went wrong last. */
  readonly class?: string;
  readonly error?: string;
}

/** A worker that runs for as long as one answer takes. */
export interface DrainingWorker {
  readonly queue: Pick<WorkQueue, 'depth' | 'idle'>;
  close(): Promise<void>;
}

export interface DrainDeps {
  /** Starts a worker that tells what it does. Its read-backs follow at once. */
  readonly start: (report: (report: SyncReport) => void) => Promise<DrainingWorker>;
  readonly clock: Clock;
}

export interface Drained {
  /** Nothing was left to do. */
  readonly drained: boolean;
  /** What became of each point that was dealt with, the last of it. */
  readonly points: readonly PointSummary[];
  /** Of what is left. Undefined: the queue did not say. */
  readonly left: Pick<QueueDepth, 'waiting' | 'running' | 'delayed'> | undefined;
  /** When to come back, if there is something left. */
  readonly retryAfterMs: number;
}

/** Asks for the rest of the work, however it ended. */
export type Drain = (budget: DrainBudget) => Promise<Drained>;

export interface DrainBudget {
  /** No work is begun after this many milliseconds, nor waited for that is due only then. */
  readonly withinMs: number;
  /** Work that is due later than this is not waited for, though there be time; absent: there is patience for all of it. */
  readonly patienceMs?: number;
  readonly signal: AbortSignal;
}

const lookEveryMs = 50;
/** A queue that does not answer for so long is given up. */
const silenceMs = 10_000;
const unreachableRetryMs = 5_000;
const nothing = { waiting: 0, running: 0, delayed: 0 };

/**
 * Works until nothing is left, or what is left is due too late, or the time is up, or the queue does not answer; then
 * lets go of everything. What is left stays in the queue, for the next run.
 */
export async function drain({ start, clock }: DrainDeps, budget: DrainBudget): Promise<Drained> {
  const deadline = clock.elapsed() + budget.withinMs;
  const summaries = new Map<string, PointSummary>();
  const worker = await start((report) => summaries.set(report.point, summaryOf(report, summaries.get(report.point))));
  const depth = await worked(worker, clock, deadline, budget);
  await worker.close();
  const points = [...summaries.values()];
  if (depth === 'idle') return { drained: true, points, left: nothing, retryAfterMs: 0 };
  const left = depth && { waiting: depth.waiting, running: depth.running, delayed: depth.delayed };
  return { drained: false, points, left, retryAfterMs: retryAfter(depth) };
}

/** @returns what is left when there is reason to stop */
async function worked(
  { queue }: DrainingWorker,
  clock: Clock,
  deadline: number,
  { signal, patienceMs = Infinity }: DrainBudget,
): Promise<QueueDepth | 'idle' | undefined> {
  const done = queue.idle().then(() => 'idle' as const);
  let answered = clock.elapsed();
  for (;;) {
    const depth = await queue.depth().catch(() => undefined);
    const now = clock.elapsed();
    if (depth !== undefined) answered = now;
    const horizonMs = Math.min(deadline - now, patienceMs);
    const silent = now - answered > silenceMs;
    if (signal.aborted || horizonMs <= 0 || silent || (depth && isTooLate(depth, horizonMs))) return depth;
    if ((await Promise.race([done, clock.sleep(lookEveryMs, signal)])) === 'idle') return 'idle';
  }
}

/**
 * One run at a time. Callers that come during one share the next, which begins when it has ended: what they came for may
 * have been asked for too late for this one. Their own time is counted from when they came.
 */
export function oneAtATime(work: Drain, clock: Pick<Clock, 'elapsed'>): Drain {
  let running: Promise<unknown> | undefined;
  let next: Promise<Drained> | undefined;
  const begin = (budget: DrainBudget): Promise<Drained> => {
    const run = work(budget).finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };
  return (budget) => {
    if (running === undefined) return begin(budget);
    const came = clock.elapsed();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return begin({ ...budget, withinMs: Math.max(0, budget.withinMs - (clock.elapsed() - came)) });
      });
    return next;
  };
}

/** There is only what will not be due in time. */
function isTooLate({ waiting, running, nextMs }: QueueDepth, horizonMs: number): boolean {
  return waiting + running === 0 && nextMs !== undefined && nextMs > horizonMs;
}

function retryAfter(depth: QueueDepth | undefined): number {
  if (depth === undefined) return unreachableRetryMs;
  return depth.waiting + depth.running > 0 ? 1_000 : Math.max(1_000, depth.nextMs ?? 0);
}

function summaryOf(report: SyncReport, before: PointSummary | undefined): PointSummary {
  const { point } = report;
  const { changes, nativeCalls } = before ?? { changes: 0, nativeCalls: 0 };
  if (report.path === 'none') return { point, state: 'failed', changes, nativeCalls, ...wrong(report.error) };
  const { outcomes, quarantined, error } = report.result;
  return {
    point,
    state: stateOf(report),
    changes: changes + outcomes.length,
    nativeCalls: nativeCalls + report.result.nativeCalls,
    ...wrong(error ?? quarantined[0]?.error),
  };
}

function stateOf(report: Exclude<SyncReport, { path: 'none' }>): PointState {
  if (report.path === 'full') return report.result.state;
  if (report.pending.length > 0) return 'in-progress';
  return report.readBack === undefined ? 'sent' : 'programmed';
}

function wrong(
  error: Extract<SyncReport, { path: 'none' }>['error'] | undefined,
): Pick<PointSummary, 'class' | 'error'> {
  return error === undefined ? {} : { class: error.errorClass, error: firstLine(error.message) };
}
