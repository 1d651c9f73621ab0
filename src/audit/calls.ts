import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Which call the code that runs belongs to: one for all points of a process. Before Node 24 every promise of the process
 * costs more for each storage that is in use, so none is while no call is in progress.
 */
export class Calls<Call> {
  readonly #storage = new AsyncLocalStorage<Call>();
  #active = 0;

  /** Undefined outside of all calls. */
  get current(): Call | undefined {
    return this.#storage.getStore();
  }

  async run<T>(call: Call, work: () => Promise<T>): Promise<T> {
    this.#active += 1;
    try {
      return await this.#storage.run(call, work);
    } finally {
      this.#active -= 1;
      if (this.#active === 0) this.#storage.disable();
    }
  }
}
