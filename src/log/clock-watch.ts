import type { Clock } from '../adapter/adapter.ts';
import type { Log } from './log.ts';

const lookEveryMs = 10_000;
/** NTP corrects less than this all the time. */
const leastMs = 5_000;

/**
 * Logs when the clock of this process is set, until the signal aborts. What people decide by date - expiry, approvals until a time,
 * change windows - goes by that clock, so that setting it is an act that can open access.
 */
export async function watchClock(clock: Clock, log: Pick<Log, 'warn'>, signal: AbortSignal): Promise<void> {
  // eslint-disable-next-line no-restricted-syntax -- how far two clocks are apart
  const ahead = (): number => clock.now() - Math.round(clock.elapsed());
  for (let before = ahead(); !signal.aborted;) {
    await clock.sleep(lookEveryMs, signal);
    const byMs = ahead() - before;
    if (Math.abs(byMs) < leastMs) continue;
    log.warn({ byMs }, byMs > 0 ? 'the clock went forward' : 'the clock went back');
    before += byMs;
  }
}
