import { setMaxListeners } from 'node:events';

interface Waiting {
  readonly go: () => void;
  readonly writes: boolean;
}

/**
 * The connections to one device, each of which carries one request at a time. Writes go before all waiting reads. A read
 * leaves one connection free for the next write, unless no other read is in progress: writes never keep a device from being
 * read.
 */
export class Lanes {
  readonly #waiting: Waiting[] = [];
  readonly #count: number;
  #reading = 0;
  #writing = 0;

  constructor(count: number) {
    this.#count = count;
  }

  /**
   * Waits for its turn.
   *
   * @returns to be called when the request has ended
   * @throws what the signal was aborted with
   */
  async enter(writes: boolean, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (!this.#hasRoom(writes)) await this.#turn(writes, signal);
    else this.#occupy(writes, 1);
    return () => this.#leave(writes);
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
      // A reading has a call for every table, and all of them may wait on its signal; each takes its listener away again.
      if (signal !== undefined) setMaxListeners(0, signal);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  #hasRoom(writes: boolean): boolean {
    const free = this.#count - this.#reading - this.#writing;
    return free > (writes || this.#reading === 0 ? 0 : 1);
  }

  #occupy(writes: boolean, by: 1 | -1): void {
    if (writes) this.#writing += by;
    else this.#reading += by;
  }

  /** Passes its place to a waiting request that may have it. */
  #leave(writes: boolean): void {
    this.#occupy(writes, -1);
    const writer = this.#waiting.findIndex(({ writes }) => writes);
    const at = writer >= 0 ? writer : 0;
    const next = this.#waiting[at];
    if (next === undefined || !this.#hasRoom(next.writes)) return;
    this.#waiting.splice(at, 1);
    this.#occupy(next.writes, 1);
    next.go();
  }
}
