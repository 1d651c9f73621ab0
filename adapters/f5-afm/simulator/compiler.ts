import type { Store } from './store.ts';

interface Run {
  readonly store: Store;
  readonly endsAt: number;
}

/**
 * The rule compiler: what is written is effective only once it has been compiled. One compilation runs at a time; what
 * is written meanwhile waits for the next.
 */
export class Compiler {
  readonly #delayMs: number;
  #effective: Store;
  #running: Run | undefined;
  #dirty = false;
  #deployedAt: number;

  constructor(delayMs: number, store: Store, now: number) {
    this.#delayMs = delayMs;
    this.#effective = store.fork();
    this.#deployedAt = now;
  }

  /** After every change of the configuration. */
  changed(store: Store, now: number): void {
    if (this.#delayMs === 0) this.#deployedAt = now;
    else if (this.#running === undefined) this.#running = { store: store.fork(), endsAt: now + this.#delayMs };
    else this.#dirty = true;
  }

  /** Before every change, and before every look: ends what has ended by now. */
  settle(store: Store, now: number): void {
    while (this.#running !== undefined && this.#running.endsAt <= now) {
      const { store: compiled, endsAt } = this.#running;
      this.#effective = compiled;
      this.#deployedAt = endsAt;
      this.#running = this.#dirty ? { store: store.fork(), endsAt: endsAt + this.#delayMs } : undefined;
      this.#dirty = false;
    }
  }

  /** What packets are judged by. */
  effective(store: Store): Store {
    return this.#delayMs === 0 ? store : this.#effective;
  }

  get compiling(): boolean {
    return this.#running !== undefined;
  }

  get deployedAt(): number {
    return this.#deployedAt;
  }

  copy(): Compiler {
    const copy = new Compiler(this.#delayMs, this.#effective, this.#deployedAt);
    copy.#running = this.#running;
    copy.#dirty = this.#dirty;
    return copy;
  }
}
