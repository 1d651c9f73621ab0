import type { Clock } from '../../adapter/adapter.ts';
import { messageOf } from '../../log/scrub.ts';
import type { OutcomeStore } from '../../store/outcome-store.ts';
import type { Publisher } from '../publish/publisher.ts';
import type { Statuses } from './statuses.ts';

export interface StatusLoopDeps {
  readonly publisher: Pick<Publisher, 'points'>;
  readonly outcomes: Pick<OutcomeStore, 'last'>;
  readonly clock: Clock;
  readonly report: (message: string) => void;
  /** Has the whole cluster been read? */
  readonly synced: () => boolean;
}

const flushEveryMs = 1_000;
const askEveryMs = 250;
const awaitOutcomesMs = 15_000;
/** Of one flush; an API server has other things to do. */
const mostWrites = 100;

/** Writes the statuses that differ, every second, until the signal aborts. */
export async function writeStatuses(statuses: Statuses, deps: StatusLoopDeps, signal: AbortSignal): Promise<void> {
  await awaitOutcomes(statuses, deps, signal);
  while (!signal.aborted) {
    const { failures } = await statuses.flush(mostWrites).catch((error: unknown) => ({ failures: [error] }));
    if (failures.length > 0) deps.report(`${failures.length} statuses were not written: ${messageOf(failures[0])}`);
    await deps.clock.sleep(flushEveryMs, signal);
  }
}

/**
 * Waits until the cluster has been read and every point has been heard of, for a silent one not for ever: what a new
 * process does not know yet, the one before it knew, and wrote.
 */
async function awaitOutcomes(
  statuses: Statuses,
  { publisher, outcomes, clock, synced }: StatusLoopDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < awaitOutcomesMs && !signal.aborted;) {
    await clock.sleep(askEveryMs, signal);
    if (!synced()) continue;
    waitedMs += askEveryMs;
    const points = publisher.points().map(({ metadata }) => outcomes.last(metadata.name).catch(() => undefined));
    const heard = (await Promise.all(points)).flatMap((outcome) => outcome ?? []);
    for (const outcome of heard) statuses.outcome(outcome);
    if (heard.length === points.length) return;
  }
}
