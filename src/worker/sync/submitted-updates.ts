import { minOf } from '../../core/model/extremes.ts';
import { dueInMs } from '../../core/model/pending.ts';
import type { Clock } from '../../adapter/adapter.ts';
import type { AdapterError } from '../../adapter/errors.ts';
import type { MemberUpdates } from './member-updates.ts';

/** So long a turn goes on sending what is published meanwhile. */
const longestTurnMs = 5_000;
/** So often is asked after what does not end; whatever takes longer is left pending with the point. */
const mostLooks = 5;
/** Between two looks into the store. */
const pauseMs = 20;

/**
 * Sends what is published meanwhile, at once, and asks after what was accepted when there is nothing to send: the next
 * call proves the last, so that a burst of changes is asked after once.
 *
 * @param longestMs an operation that takes longer is given up
 * @returns what went wrong; then the device is to be read
 */
export async function followUp(
  updates: MemberUpdates,
  clock: Clock,
  { signal, longestMs }: { readonly signal: AbortSignal; readonly longestMs: number },
): Promise<AdapterError | undefined> {
  const until = clock.elapsed() + longestTurnMs;
  let error: AdapterError | undefined;
  const maySend = (): boolean => updates.grants && clock.elapsed() < until;
  const goesOn = (): boolean => updates.pending.length > 0 || (updates.hasMore && maySend());
  for (let looks = 0; error === undefined && looks < mostLooks && goesOn();) {
    signal.throwIfAborted();
    const { dealt } = updates;
    if (maySend()) error = await updates.send();
    const hasSent = updates.dealt > dealt;
    const { pending } = updates;
    const waitMs = pending.length === 0 ? 0 : minOf(pending.map((one) => dueInMs(one, clock.now(), longestMs)));
    if (error === undefined && waitMs <= 0) {
      error = await updates.confirm(longestMs);
      if (!hasSent) looks += 1;
    } else if (!hasSent) await clock.sleep(Math.min(pauseMs, waitMs), signal);
  }
  return error;
}
