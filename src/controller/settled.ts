import type { Clock } from '../adapter/adapter.ts';
import type { TermParts } from './controller.ts';

const pollMs = 100;
/** For statuses to be written. */
const flushMs = 2_000;

/** The pods are listed again when a point is held; without pods in the cluster nothing comes of it. */
const longestConfirmationMs = 60_000;

/** Resolves once the cluster has been read, every point has been dealt with, and statuses have had their turn. */
export async function settled(
  { loop, outcomes }: Pick<TermParts, 'loop' | 'outcomes'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && !loop.publisher.synced) await clock.sleep(pollMs, signal);
  await loop.idle();
  for (const { metadata } of loop.publisher.points()) {
    while (!signal.aborted && (await outcomes.last(metadata.name)) === undefined) await clock.sleep(pollMs, signal);
    await explained(metadata.name, { loop, outcomes }, clock, signal);
  }
  await clock.sleep(flushMs, signal);
}

/** While a point is held, what a second list of the pods explains is waited for, and its sync. */
async function explained(
  point: string,
  { loop, outcomes }: Pick<TermParts, 'loop' | 'outcomes'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const end = clock.elapsed() + longestConfirmationMs;
  while (!signal.aborted && clock.elapsed() < end) {
    const last = await outcomes.last(point);
    const { publisher } = loop;
    const hasPublishedAll = !publisher.unexplained && !publisher.hasUnpublishedEnds(point);
    const isSynced = (last?.version ?? 0) >= (publisher.version(point) ?? 0);
    if (last?.state !== 'held' || (hasPublishedAll && isSynced)) return;
    await clock.sleep(pollMs, signal);
  }
}
