interface Waiting {
  readonly go: () => void;
  readonly writes: boolean;
}

/** Connections to one device: so many requests side by side, and who writes goes before all who wait to read. */
export class Lanes {
  readonly #waiting: Waiting[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /**
   * Waits for its turn.
   *
   * @returns to be called when the request has ended
   * @throws what the signal was aborted with
   */
  async enter(writes: boolean, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free === 0) await this.#turn(writes, signal);
    else this.#free -= 1;
    return () => this.#leave();
  }

  #turn(writes: boolean, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason as Error);
      };
      const go = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiting: Waiting = { go, writes };
      this.#waiting.push(waiting);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Hands its place over, if somebody waits for it. */
  #leave(): void {
    const writer = this.#waiting.findIndex(({ writes }) => writes);
    const [next] = this.#waiting.splice(Math.max(0, writer), 1);
    if (next === undefined) this.#free += 1;
    else next.go();
  }
}
