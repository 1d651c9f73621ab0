/** A transaction that waits for its commit. Values: to change one is to put another in its place. */
export interface Open {
  readonly id: number;
  /** Milliseconds since the epoch; from then on it is gone without a trace. */
  readonly expiresAt: number;
}

/** The open transactions of a device. What one of them means is the device's own affair. */
export class OpenTransactions<T extends Open> {
  readonly #now: () => number;
  #open: ReadonlyMap<number, T> = new Map();
  #last = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A number that no transaction has had. */
  nextId(least = 1): number {
    this.#last = Math.max(this.#last + 1, least);
    return this.#last;
  }

  list(): readonly T[] {
    const now = this.#now();
    return [...this.#open.values()].filter(({ expiresAt }) => now < expiresAt);
  }

  find(id: number): T | undefined {
    return this.list().find((open) => open.id === id);
  }

  put(transaction: T): T {
    this.#open = new Map(this.#open).set(transaction.id, transaction);
    return transaction;
  }

  end(id: number): void {
    this.#open = new Map([...this.#open].filter(([key]) => key !== id));
  }

  /** @param copy of one transaction, where it holds what changes in place */
  fork(copy: (open: T) => T = (open) => open): OpenTransactions<T> {
    const fork = new OpenTransactions<T>(this.#now);
    fork.#open = new Map(this.list().map((open) => [open.id, copy(open)]));
    fork.#last = this.#last;
    return fork;
  }
}
