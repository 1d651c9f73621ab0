import type { Clock } from '../adapter/adapter.ts';
import { printable } from '../log/printable.ts';
import type { Sink } from './io.ts';

/** A command that ends within this shows no progress. */
const silentMs = 1_000;
/** As fast as a person reads. */
const everyMs = 100;

/**
 * What a person waits for, on the last line of the terminal: shown once a command takes longer than a second, and gone
 * before anything else is written. To a file or a pipe nothing is written.
 */
export class ProgressLine {
  readonly #err: Sink;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #dueAt: number;
  /** Undefined: nothing, or it was taken away by what was written since. */
  #doing: string | undefined;
  #isWaiting = false;
  #isShown = false;

  constructor(err: Sink, clock: Clock) {
    this.#err = err;
    this.#clock = clock;
    this.#dueAt = clock.elapsed() + silentMs;
  }

  tell(doing: string): void {
    if (!this.#err.isTerminal) return;
    this.#doing = doing;
    const leftMs = this.#dueAt - this.#clock.elapsed();
    if (leftMs <= 0) this.#show();
    else if (!this.#isWaiting) void this.#showIn(leftMs);
  }

  end(): void {
    this.#over.abort();
    this.#clear();
  }

  /** The sink, which takes the line away before it writes. */
  before({ write, ...sink }: Sink): Sink {
    return {
      ...sink,
      write: (text) => {
        this.#clear();
        write(text);
      },
    };
  }

  /** What is told once may take long. */
  async #showIn(ms: number): Promise<void> {
    this.#isWaiting = true;
    await this.#clock.sleep(ms, this.#over.signal);
    this.#isWaiting = false;
    if (!this.#over.signal.aborted) this.#show();
  }

  #show(): void {
    if (this.#doing === undefined) return;
    this.#dueAt = this.#clock.elapsed() + everyMs;
    this.#isShown = true;
    // Cut, since a line that wraps cannot be taken back.
    this.#err.write(`\r\u001b[K${printable(this.#doing).slice(0, this.#err.width - 1)}`);
  }

  #clear(): void {
    this.#doing = undefined;
    if (this.#isShown) this.#err.write('\r\u001b[K');
    this.#isShown = false;
  }
}
