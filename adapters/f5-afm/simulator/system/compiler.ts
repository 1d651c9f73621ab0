import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import type { Entry } from '../tables/schema.ts';

type Store = Tables<Entry>;

interface Run {
  readonly store: Store;
  /** Until then it seems to have nothing to do, and takes up what else is written. */
  readonly beginsAt: number;
  readonly endsAt: number;
}

/** Milliseconds from a change to the beginning of its compilation, and from there to its end. */
export interface CompilerDelays {
  readonly beginMs: number;
  readonly compileMs: number;
}

/**
 * The rule compiler: what is written is effective only once it has been compiled. One compilation runs at a time; what
 * is written in the meantime waits for the next.
 */
export class Compiler {
  readonly #delays: CompilerDelays;
  #effective: Store;
  #running: Run | undefined;
  #dirty = false;
  #deployedAt: number;

  constructor(delays: CompilerDelays, store: Store, now: number) {
    this.#delays = delays;
    this.#effective = store.fork();
    this.#deployedAt = now;
  }

  /** After every change of the configuration. */
  changed(store: Store, now: number): void {
    if (this.#isImmediate) this.#deployedAt = now;
    else if (this.#running === undefined) this.#running = this.#run(store, now);
    else if (now < this.#running.beginsAt) this.#running = { ...this.#running, store: store.fork() };
    else this.#dirty = true;
  }

  /** Before every change, and before every look: ends what has ended by now. */
  settle(store: Store, now: number): void {
    while (this.#running !== undefined && this.#running.endsAt <= now) {
      const { store: compiled, endsAt } = this.#running;
      this.#effective = compiled;
      this.#deployedAt = endsAt;
      this.#running = this.#dirty ? this.#run(store, endsAt) : undefined;
      this.#dirty = false;
    }
  }

  /** What packets are judged by. */
  effective(store: Store): Store {
    return this.#isImmediate ? store : this.#effective;
  }

  isCompiling(now: number): boolean {
    return this.#running !== undefined && now >= this.#running.beginsAt;
  }

  get deployedAt(): number {
    return this.#deployedAt;
  }

  copy(): Compiler {
    const copy = new Compiler(this.#delays, this.#effective, this.#deployedAt);
    copy.#running = this.#running;
    copy.#dirty = this.#dirty;
    return copy;
  }

  get #isImmediate(): boolean {
    return this.#delays.beginMs === 0 && this.#delays.compileMs === 0;
  }

  #run(store: Store, now: number): Run {
    const beginsAt = now + this.#delays.beginMs;
    return { store: store.fork(), beginsAt, endsAt: beginsAt + this.#delays.compileMs };
  }
}
