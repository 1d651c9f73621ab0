import { isOutage } from '../redis/outage.ts';
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
 * once, and then every half minute with how often it came. While Redis is away every part fails in its own words; that
 * is one error.
 */
export class ErrorLog {
  readonly #log: Pick<Log, 'error'>;
  /** Milliseconds of a clock that cannot be set. */
  readonly #now: () => number;
  readonly #told = new Map<string, Told>();

  constructor(log: Pick<Log, 'error'>, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  readonly tell = (subject: string, error: unknown): void => {
    const message = messageOf(error);
    const kind = isOutage({ message }) ? 'redis' : `${subject} ${message}`;
    const last = this.#told.get(kind);
    if (last !== undefined && this.#now() - last.at < quietMs) {
      last.more += 1;
      return;
    }
    if (this.#told.size >= mostKinds) this.#told.clear();
    this.#told.set(kind, { at: this.#now(), more: 0 });
    this.#log.error({ subject, ...(last !== undefined && last.more > 0 && { repeated: last.more }) }, message);
  };
}
