import type { PointOutcome } from '../../core/model/outcome.ts';

/** As long as a watch may fail before the controller says so of itself. */
const reportedAfterMs = 15_000;

/**
 * Outcomes that are not reported at once: while a watch is cut for a moment every point is held, since what is missing may exist,
 * and every device is as it was. A status that said so each time would flap; one that lasts is reported.
 */
export class ShortInterruptions {
  readonly #waiting = new Map<string, { readonly since: number; readonly outcome: PointOutcome }>();

  /**
   * @param reported the last outcome of the point that was reported
   * @param now milliseconds of a clock that cannot be set, here and below
   * @returns is it deferred? What is not, is to be reported now
   */
  defer(outcome: PointOutcome, reported: PointOutcome | undefined, now: number): boolean {
    const { point, unseen } = outcome;
    const since = this.#waiting.get(point)?.since ?? now;
    this.#waiting.delete(point);
    const isShort = now - since < reportedAfterMs;
    // Beside what is wrong already, and where nothing is known, there is nothing that could flap.
    if (unseen !== true || reported === undefined || reported.state === 'held' || !isShort) return false;
    this.#waiting.set(point, { since, outcome });
    return true;
  }

  /** Those that have lasted: to be reported now. */
  *over(now: number): Iterable<PointOutcome> {
    for (const [point, { since, outcome }] of this.#waiting) {
      if (now - since < reportedAfterMs) continue;
      this.#waiting.delete(point);
      yield outcome;
    }
  }

  forget(point: string): void {
    this.#waiting.delete(point);
  }
}
