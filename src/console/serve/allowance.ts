import { Refused } from './access.ts';

/** So many at once, and so many a second for good. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #elapsed: () => number;
  #left: number;
  #at: number;

  /** @param elapsed milliseconds */
  constructor({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }, elapsed: () => number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#elapsed = elapsed;
    this.#left = burst;
    this.#at = elapsed();
  }

  /** @throws Refused when they are used up */
  take(): void {
    const now = this.#elapsed();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) throw new Refused(429, 'too many requests: try again in a second');
    this.#left -= 1;
  }
}
