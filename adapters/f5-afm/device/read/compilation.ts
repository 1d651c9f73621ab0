import type { Clock } from '../../../../src/adapter/adapter.ts';
import type { Ask, Call } from '../../api/client.ts';

/** The compiler that has not begun so long after a write, in milliseconds, had nothing to compile for it. */
const beginsWithinMs = 10_000;

/**
 * What the rule compiler was given to do, and when. It reports `quiescent` both before it begins and after it has ended,
 * so that this alone proves nothing shortly after a write: the time of its last deployment does.
 */
export class Compilation {
  readonly #clock: Clock;
  /** By both clocks, milliseconds. */
  #changed: { readonly at: number; readonly elapsed: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same, and when the compiler was last given something to do is remembered. */
  noting(ask: Ask): Ask {
    return (call) => {
      if (isCompiled(call)) this.#changed = { at: this.#clock.now(), elapsed: this.#clock.elapsed() };
      return ask(call);
    };
  }

  /**
   * Why what was written last is not in force yet, or empty.
   *
   * @param deployedAt when rules last came into force, `Jan 23 2020 00:00:56-0800`: whole seconds of the device's clock
   * @param aheadMs by how much that clock is ahead of ours; undefined: not known, and then nothing is concluded
   */
  lag(deployedAt: string, aheadMs: number | undefined): string {
    const deployedMs = timeIn(deployedAt);
    if (this.#changed === undefined || aheadMs === undefined || Number.isNaN(deployedMs)) return '';
    const changedMs = Math.floor((this.#changed.at + aheadMs) / 1_000) * 1_000;
    const isOlder = deployedMs < changedMs && this.#clock.elapsed() - this.#changed.elapsed < beginsWithinMs;
    return isOlder ? `the rule compiler has yet to begin: it last ended at ${deployedAt}, before the last change` : '';
  }
}

/**
 * Rules, and what they refer to. What is only made, or goes, is referred to by nothing, and the commands of a transaction count
 * when it is committed.
 */
function isCompiled({ method, child, transaction }: Call): boolean {
  return transaction === undefined && method !== 'GET' && (method === 'PATCH' || child !== undefined);
}

/** Milliseconds since the epoch; NaN for what is written in another way. */
function timeIn(text: string): number {
  const [, month, day, year, time, zone] = /^(\w{3}) +(\d{1,2}) (\d{4}) ([\d:]{8}) ?([+-]\d{4})$/.exec(text) ?? [];
  return Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
}
