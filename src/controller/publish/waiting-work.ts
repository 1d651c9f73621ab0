import type { PointOutcome } from '../../core/model/outcome.ts';
import type { LateWork } from '../../core/status/conditions.ts';

interface Known {
  /** Since when something has been asked of the point that no worker has dealt with; absent: nothing is. */
  since?: number;
  /** How long work has taken lately, from being asked for until it was dealt with. */
  usualMs: number;
}

/** So many times its usual time may work wait, and never less or more than this. */
const patience = 4;
const [leastMs, mostMs] = [60_000, 600_000];
const initialMs = 15_000;
/** A store that answers at all does so within this. */
const unansweredMs = 10_000;

/**
 * Since when each point waits for a worker. What has waited for a small multiple of its usual time is late: then nobody
 * can say what is in force there, for an ended pod's address may still be accepted.
 */
export class WaitingWork {
  readonly #points = new Map<string, Known>();
  #storeAwaySince: number | undefined;

  /** Something is to be done, or looked at, at a point. */
  requested(point: string, now: number): void {
    const known = this.#points.get(point) ?? { usualMs: initialMs };
    known.since ??= now;
    this.#points.set(point, known);
  }

  /**
   * A worker has dealt with a point.
   *
   * @param published the newest publication of it; undefined: there is one that the store has not taken
   */
  completed(
    { point, version }: Pick<PointOutcome, 'point' | 'version'>,
    published: number | undefined,
    now: number,
  ): void {
    const known = this.#points.get(point);
    if (known?.since === undefined) return;
    // What was published in the meantime has waited no longer than since now.
    if (published === undefined || version < published) known.since = now;
    else {
      // An hour without workers is not what work usually takes: nothing counts for more than what is late.
      const took = Math.min(now - known.since, limitOf(known.usualMs));
      known.usualMs = (3 * known.usualMs + took) / 4;
      delete known.since;
    }
  }

  forget(point: string): void {
    this.#points.delete(point);
  }

  /** The store is being asked; until it answers, it is away. */
  storeAsked(now: number): void {
    this.#storeAwaySince ??= now;
  }

  storeAnswered(): void {
    this.#storeAwaySince = undefined;
  }

  /** Points whose work has waited for longer than this. */
  longerThan(ms: number, now: number): readonly string[] {
    return [...this.#points].flatMap(([point, { since = now }]) => (now - since > ms ? [point] : []));
  }

  late(point: string, now: number): LateWork | undefined {
    const away = this.#storeAwaySince;
    if (away !== undefined && now - away >= leastMs) return { reason: 'StoreUnavailable', since: iso(away) };
    const { since, usualMs = initialMs } = this.#points.get(point) ?? {};
    if (since === undefined || now - since < limitOf(usualMs)) return undefined;
    // Without a store no worker can be told anything: that is what to mend.
    if (away !== undefined && now - away >= unansweredMs) return { reason: 'StoreUnavailable', since: iso(away) };
    return { reason: 'WorkWaits', since: iso(since) };
  }
}

function limitOf(usualMs: number): number {
  return Math.min(mostMs, Math.max(leastMs, patience * usualMs));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
