import { setMaxListeners } from 'node:events';

interface Waiting {
  readonly go: () => void;
  readonly writes: boolean;
}

/**
 * Connections to one device: so many requests side by side. Who writes goes before all who wait to read. Where there is
 * more than one connection, those who read leave one free beside those who write, but for one of them.
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
    else this.#goes(writes, 1);
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

  #goes(writes: boolean, by: 1 | -1): void {
    if (writes) this.#writing += by;
    else this.#reading += by;
  }

  /** Hands its place over, if somebody waits who may have it. */
  #leave(writes: boolean): void {
    this.#goes(writes, -1);
    const writer = this.#waiting.findIndex(({ writes }) => writes);
    const at = writer >= 0 ? writer : 0;
    const next = this.#waiting[at];
    if (next === undefined || !this.#hasRoom(next.writes)) return;
    this.#waiting.splice(at, 1);
    this.#goes(next.writes, 1);
    next.go();
  }
}
