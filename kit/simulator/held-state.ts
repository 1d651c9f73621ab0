/**
 * All that a simulated device holds, as one value: a request that changes it makes another one. So checkpoints cost nothing,
 * and what is refused half way has changed nothing.
 */
export class HeldState<S> {
  readonly #delivered: () => S;
  readonly #settled: (state: S, requests: number) => S;
  readonly #refused = new Set<string>();
  #state: S;
  #requests = 0;

  /** @param settled the state when so many requests were made: what was in progress and due by then has ended */
  constructor(delivered: () => S, settled: (state: S, requests: number) => S = (state) => state) {
    this.#delivered = delivered;
    this.#settled = settled;
    this.#state = delivered();
  }

  /** As it is now. */
  get now(): S {
    return this.#settled(this.#state, this.#requests);
  }

  get requests(): number {
    return this.#requests;
  }

  /** One request more has come. */
  tick(): S {
    this.#requests += 1;
    this.#state = this.now;
    return this.#state;
  }

  set(state: S): void {
    this.#state = state;
  }

  /** Changes that no client made through the API. */
  edit(change: (state: S) => S): void {
    this.#state = change(this.#state);
  }

  /** From now on every write whose text holds this is refused, until the device is reset. */
  refuse(text: string): void {
    this.#refused.add(text);
  }

  /** Which refused text a write holds; undefined: none. */
  refusedIn(text: string): string | undefined {
    return [...this.#refused].find((one) => text.includes(one));
  }

  reset(): void {
    this.#state = this.#delivered();
    this.#refused.clear();
  }

  checkpoint(): () => void {
    const state = this.#state;
    return () => (this.#state = state);
  }
}

/** @param item undefined: it is gone */
export function withItem<T>(items: ReadonlyMap<string, T>, key: string, item: T | undefined): ReadonlyMap<string, T> {
  const copy = new Map(items);
  if (item === undefined) copy.delete(key);
  else copy.set(key, item);
  return copy;
}
