/** So many at once, and so many a second for good. */
export interface Pace {
  readonly burst: number;
  readonly perSecond: number;
}

/** Beyond that, the viewer that has been idle longest is forgotten. */
const mostKeys = 1_000;

/**
 * Rate limits for each viewer and for all together, so that no viewer uses up the share of others. A viewer that is refused
 * takes nothing of what all have.
 */
export class Allowance {
  readonly #each: Pace;
  readonly #all: Bucket;
  readonly #elapsed: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param elapsed milliseconds */
  constructor({ each, all }: { readonly each: Pace; readonly all: Pace }, elapsed: () => number) {
    this.#each = each;
    this.#all = new Bucket(all, elapsed());
    this.#elapsed = elapsed;
  }

  /** @returns false: what this one may ask is used up, or what all may */
  take(who: string): boolean {
    const now = this.#elapsed();
    const own = this.#buckets.get(who) ?? new Bucket(this.#each, now);
    this.#buckets.delete(who);
    this.#buckets.set(who, own);
    for (const oldest of this.#buckets.keys()) if (this.#buckets.size > mostKeys) this.#buckets.delete(oldest);
    return own.take(now) && this.#all.take(now);
  }
}

class Bucket {
  readonly #pace: Pace;
  #left: number;
  #at: number;

  constructor(pace: Pace, now: number) {
    this.#pace = pace;
    this.#left = pace.burst;
    this.#at = now;
  }

  take(now: number): boolean {
    const { burst, perSecond } = this.#pace;
    this.#left = Math.min(burst, this.#left + (Math.max(0, now - this.#at) / 1_000) * perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
