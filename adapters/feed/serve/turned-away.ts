const windowMs = 60_000;
/** Lines in a minute about all sources together. */
const mostLines = 60;

/**
 * Tells of those who were turned away: of each source once a minute, of all together so many lines, and how many were
 * left out. Any client that reaches the port can send any number of requests; the log must not grow with them.
 */
export class TurnedAway {
  readonly #tell: (message: string) => void;
  readonly #elapsed: () => number;
  readonly #told = new Set<string>();
  #windowAt = -Infinity;
  #untold = 0;

  constructor(tell: (message: string) => void, elapsed: () => number) {
    this.#tell = tell;
    this.#elapsed = elapsed;
  }

  /** @param source an address, or the name of a consumer */
  note(source: string, message: string): void {
    if (this.#elapsed() - this.#windowAt >= windowMs) this.#renew();
    if (this.#told.has(source) || this.#told.size >= mostLines) {
      this.#untold += 1;
      return;
    }
    this.#told.add(source);
    this.#tell(message);
  }

  #renew(): void {
    if (this.#untold > 0) this.#tell(`${this.#untold} more requests were turned away in the minute before`);
    this.#windowAt = this.#elapsed();
    this.#untold = 0;
    this.#told.clear();
  }
}
