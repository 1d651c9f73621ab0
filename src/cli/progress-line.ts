import type { Clock } from '../adapter/adapter.ts';
import { printable } from '../log/printable.ts';
import type { Sink } from './io.ts';

/** Whoever gets an answer within this need not be told what it waits for. */
const silentMs = 1_000;
/** Nobody reads faster. */
const everyMs = 100;

/**
 * What a person waits for, on the last line of the terminal: shown once a command takes longer than a second, and gone
 * before anything else is written. To a file or a pipe nothing is written.
 */
export class ProgressLine {
  readonly #err: Sink;
  readonly #clock: Pick<Clock, 'now'>;
  #dueAt: number;
  #shown = false;

  constructor(err: Sink, clock: Pick<Clock, 'now'>) {
    this.#err = err;
    this.#clock = clock;
    this.#dueAt = clock.now() + silentMs;
  }

  tell(doing: string): void {
    const now = this.#clock.now();
    if (!this.#err.isTerminal || now < this.#dueAt) return;
    this.#dueAt = now + everyMs;
    this.#shown = true;
    // Cut, since a line that wraps cannot be taken back.
    this.#err.write(`\r\u001b[K${printable(doing).slice(0, this.#err.width - 1)}`);
  }

  clear(): void {
    if (this.#shown) this.#err.write('\r\u001b[K');
    this.#shown = false;
  }

  /** The sink, which takes the line away before it writes. */
  before({ write, ...sink }: Sink): Sink {
    return {
      ...sink,
      write: (text) => {
        this.clear();
        write(text);
      },
    };
  }
}
