import { backoffMs } from '../../core/model/backoff.ts';

export interface BackoffSettings {
  readonly baseMs: number;
  readonly maxMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Growing delays between attempts, half of each random so that many clients do not come back at one instant. */
export class Backoff {
  readonly #settings: BackoffSettings;
  #failures = 0;

  constructor(settings: BackoffSettings) {
    this.#settings = settings;
  }

  /** @param atLeastMs the delay the server asked for; the wait is jittered above it, never below. */
  next(atLeastMs = 0): number {
    this.#failures += 1;
    return backoffMs(this.#settings, this.#failures, { random: this.#settings.random, atLeastMs });
  }

  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#failures = 0;
  }
}
