import type { Clock } from '../../adapter/adapter.ts';
import type { PointOutcome } from '../../core/model/outcome.ts';
import type { LateWork } from '../../core/status/conditions.ts';

/** When something began. */
interface Moment {
  /** Of the clock that cannot be set, milliseconds. */
  readonly elapsed: number;
  /** For people, RFC 3339. */
  readonly at: string;
}

interface Known {
  /** Since when something has been asked of the point that no worker has dealt with; absent: nothing is. */
  since?: Moment;
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
  readonly #clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly #points = new Map<string, Known>();
  #storeAwaySince: Moment | undefined;

  constructor(clock: Pick<Clock, 'now' | 'elapsed'>) {
    this.#clock = clock;
  }

  /** Something is to be done, or looked at, at a point. */
  requested(point: string): void {
    const known = this.#points.get(point) ?? { usualMs: initialMs };
    known.since ??= this.#moment();
    this.#points.set(point, known);
  }

  /**
   * A worker has dealt with a point.
   *
   * @param published the newest publication of it; undefined: there is one that the store has not taken
   */
  completed({ point, version }: Pick<PointOutcome, 'point' | 'version'>, published: number | undefined): void {
    const known = this.#points.get(point);
    if (known?.since === undefined) return;
    // What was published in the meantime has waited no longer than since now.
    if (published === undefined || version < published) known.since = this.#moment();
    else {
      // An hour without workers is not what work usually takes: nothing counts for more than what is late.
      const took = Math.min(this.#waited(known.since), limitOf(known.usualMs));
      known.usualMs = (3 * known.usualMs + took) / 4;
      delete known.since;
    }
  }

  forget(point: string): void {
    this.#points.delete(point);
  }

  /** The store is being asked; until it answers, it is away. */
  storeAsked(): void {
    this.#storeAwaySince ??= this.#moment();
  }

  storeAnswered(): void {
    this.#storeAwaySince = undefined;
  }

  /** Points whose work has waited for longer than this. */
  longerThan(ms: number): readonly string[] {
    return [...this.#points].flatMap(([point, { since }]) =>
      since !== undefined && this.#waited(since) > ms ? [point] : [],
    );
  }

  late(point: string): LateWork | undefined {
    const away = this.#storeAwaySince;
    if (away !== undefined && this.#waited(away) >= leastMs) return { reason: 'StoreUnavailable', since: away.at };
    const { since, usualMs = initialMs } = this.#points.get(point) ?? {};
    if (since === undefined || this.#waited(since) < limitOf(usualMs)) return undefined;
    // Without a store no worker can be told anything: that is what to mend.
    if (away !== undefined && this.#waited(away) >= unansweredMs) return { reason: 'StoreUnavailable', since: away.at };
    return { reason: 'WorkWaits', since: since.at };
  }

  #moment(): Moment {
    return { elapsed: this.#clock.elapsed(), at: new Date(this.#clock.now()).toISOString() };
  }

  #waited({ elapsed }: Moment): number {
    return this.#clock.elapsed() - elapsed;
  }
}

function limitOf(usualMs: number): number {
  return Math.min(mostMs, Math.max(leastMs, patience * usualMs));
}
