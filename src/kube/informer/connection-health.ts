import type { Clock } from '../../adapter/adapter.ts';
import { backoffMs } from '../../core/time/backoff.ts';
import type { Health } from './watch-health.ts';

interface ConnectionHealthDeps {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  /** Called when the health may have changed. */
  readonly changed: () => void;
}

/** What happened while a watch was cut follows within moments of the answer to the next one. */
const catchUpMs = 1_000;

/** How well the lists and watches of one kind work, and how long to wait after a failure. */
export class ConnectionHealth {
  readonly #deps: ConnectionHealthDeps;
  readonly #backoff: { readonly baseMs: number; readonly maxMs: number };
  #state: Omit<Health, 'lastEvent'>;
  #lastEvent: number | undefined;
  #failures = 0;
  #failingSince: number | undefined;

  constructor(deps: ConnectionHealthDeps, backoff: { readonly baseMs: number; readonly maxMs: number }) {
    this.#deps = deps;
    this.#backoff = backoff;
    this.#state = { state: 'syncing', since: deps.clock.elapsed(), message: '' };
  }

  get health(): Health {
    return { ...this.#state, lastEvent: this.#lastEvent };
  }

  /** False from a failure until a watch has been open again for long enough to have shown what happened in the meantime. */
  get caughtUp(): boolean {
    if (this.#failingSince === undefined) return true;
    const { state, since } = this.#state;
    return state === 'healthy' && this.#deps.clock.elapsed() - since >= catchUpMs;
  }

  /** Failures in a row. */
  get failures(): number {
    return this.#failures;
  }

  /** The server has sent something. */
  received(): void {
    this.#lastEvent = this.#deps.clock.now();
  }

  recovered(): void {
    this.#failures = 0;
    this.#failingSince = undefined;
  }

  failed(state: Health['state'], message: string): void {
    this.#failingSince ??= this.#deps.clock.elapsed();
    this.enter(state, message);
  }

  /** A failure that returns before anything was received counts from the first one. */
  enter(state: Health['state'], message = ''): void {
    const { state: before, since } = this.#state;
    const failing = state === 'healthy' ? undefined : this.#failingSince;
    this.#state = { state, message, since: failing ?? (state === before ? since : this.#deps.clock.elapsed()) };
    this.#deps.changed();
  }

  /** Counts a failure. @returns how long to wait before the next attempt, in milliseconds; at least `atLeastMs` */
  nextWaitMs(atLeastMs = 0): number {
    this.#failures += 1;
    return backoffMs(this.#backoff, this.#failures, { random: this.#deps.random, atLeastMs });
  }
}
