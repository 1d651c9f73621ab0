import type { Clock } from '../adapter/adapter.ts';
import type { TermParts } from './controller.ts';

const pollMs = 100;
/** For statuses to be written. */
const flushMs = 2_000;

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
  }
  await clock.sleep(flushMs, signal);
}
