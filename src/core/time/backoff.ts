/**
 * How long to wait after so many failures in a row, in milliseconds: twice as long after each, up to a limit.
 *
 * @param failures from 1, which waits `baseMs`
 * @param jitter with it, half of the delay is random, so that many who failed together do not come back at one instant;
 *   `random` is in [0, 1), and the wait is never below `atLeastMs`, the delay that the other side asked for
 */
export function backoffMs(
  { baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number },
  failures: number,
  jitter?: { readonly random: () => number; readonly atLeastMs?: number },
): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(Math.max(0, failures - 1), 30));
  if (jitter === undefined) return full;
  return Math.max(full / 2, jitter.atLeastMs ?? 0) + (jitter.random() * full) / 2;
}

/**
 * How long to wait after a failure, in milliseconds: once to twice as long as there were only failures, however many. So a
 * burst of tries, each for a reason of its own, lets nobody wait much longer than the trouble has lasted.
 *
 * @param failingMs since the first failure in a row
 * @param random in [0, 1): half of the delay is random
 */
export function waitByDuration(
  { baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number },
  failingMs: number,
  random: () => number,
): number {
  const full = Math.min(maxMs, Math.max(baseMs, 2 * failingMs));
  return full / 2 + (random() * full) / 2;
}
