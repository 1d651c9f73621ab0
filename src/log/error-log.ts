import { outageCause } from '../redis/outage.ts';
import type { Log } from './log.ts';
import { messageOf } from './scrub.ts';

interface Told {
  readonly at: number;
  /** How often the same came since it was last told. */
  more: number;
}

/** The same is told once in so many milliseconds. */
const quietMs = 30_000;
/** More different errors than this are a fault of their own; then everything is told again. */
const mostKinds = 1_000;

/**
 * Errors that come again and again, told often enough to be seen and not so often that they fill a disk: each one at
 * once, and then every half minute with how often it came. While Redis is away every part fails in its own words: told is
 * each cause, and what names none only where no cause was told.
 */
export class ErrorLog {
  readonly #log: Pick<Log, 'error'>;
  /** Milliseconds of a clock that cannot be set. */
  readonly #elapsed: () => number;
  readonly #told = new Map<string, Told>();
  #outage: Told | undefined;

  constructor(log: Pick<Log, 'error'>, elapsed: () => number) {
    this.#log = log;
    this.#elapsed = elapsed;
  }

  readonly tell = (subject: string, error: unknown): void => {
    const message = messageOf(error);
    const cause = outageCause({ message });
    const kind = cause === undefined ? `${subject} ${message}` : `redis ${cause}`;
    const last = cause === '' ? this.#outage : this.#told.get(kind);
    if (last !== undefined && this.#elapsed() - last.at < quietMs) {
      last.more += 1;
      return;
    }
    if (this.#told.size >= mostKinds) this.#told.clear();
    const told = { at: this.#elapsed(), more: 0 };
    this.#told.set(kind, told);
    if (cause !== undefined) this.#outage = told;
    this.#log.error({ subject, ...(last !== undefined && last.more > 0 && { repeated: last.more }) }, message);
  };
}
