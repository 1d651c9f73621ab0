/** Up to so many items are kept in an array: an item then costs 8 bytes, not the 20 to 40 of a Set. */
const fewItems = 32;
const nothing: readonly never[] = [];

/**
 * A set for very many small sets. Items come in the order in which they were added; one that is added or deleted while
 * the set is being gone through may or may not be met.
 */
export class CompactSet<T> implements Iterable<T> {
  /** The array is replaced, never written to: one that grows in place keeps room for sixteen more, as one that is spread does. */
  #items: readonly T[] | Set<T> = nothing;

  get size(): number {
    return isSet(this.#items) ? this.#items.size : this.#items.length;
  }

  has(item: T): boolean {
    return isSet(this.#items) ? this.#items.has(item) : this.#items.includes(item);
  }

  /** @returns whether it is new */
  add(item: T): boolean {
    if (this.has(item)) return false;
    if (isSet(this.#items)) this.#items.add(item);
    else if (this.#items.length < fewItems) this.#items = this.#items.toSpliced(this.#items.length, 0, item);
    else this.#items = new Set(this.#items).add(item);
    return true;
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    if (!isSet(this.#items)) this.#items = this.#items.filter((other) => other !== item).slice();
    else if (this.#items.delete(item) && this.#items.size <= fewItems / 2) this.#items = [...this.#items];
    return true;
  }

  /** As it is now, to be gone through very often: what few there are costs nothing to hand out. */
  list(): readonly T[] {
    return isSet(this.#items) ? [...this.#items] : this.#items;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]();
  }
}

export function compactSet<T>(items: Iterable<T>): CompactSet<T> {
  const set = new CompactSet<T>();
  for (const item of items) set.add(item);
  return set;
}

function isSet<T>(items: readonly T[] | Set<T>): items is Set<T> {
  return items instanceof Set;
}
