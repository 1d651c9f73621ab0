/** Up to so many items are kept in an array: an item then costs 8 bytes, not the 20 to 40 of a Set. */
const fewItems = 32;
const nothing: readonly never[] = [];

/**
 * A set for very many small sets. Items come in the order in which they were added; one that is added or deleted while
 * the set is being gone through may or may not be met.
 */
export class CompactSet<T> implements Iterable<T> {
  /** All, while they are few. It is replaced, never written to: an array that grows in place keeps room for sixteen more, as one that is spread does. */
  #few: readonly T[] = nothing;
  /** All, once they are many. */
  #many: Set<T> | undefined;

  get size(): number {
    return this.#many ? this.#many.size : this.#few.length;
  }

  has(item: T): boolean {
    return this.#many ? this.#many.has(item) : this.#few.includes(item);
  }

  /** @returns whether it is new */
  add(item: T): boolean {
    if (this.has(item)) return false;
    if (this.#many) this.#many.add(item);
    else this.#addToFew(item);
    return true;
  }

  #addToFew(item: T): void {
    const few = this.#few;
    if (few.length === 0) this.#few = [item];
    else if (few.length < fewItems) this.#few = few.toSpliced(few.length, 0, item);
    else {
      this.#many = new Set(few).add(item);
      this.#few = nothing;
    }
  }

  /** @returns whether it was there */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    const many = this.#many;
    if (!many) this.#few = this.#few.filter((other) => other !== item).slice();
    else if (many.delete(item) && many.size <= fewItems / 2) {
      this.#few = [...many];
      this.#many = undefined;
    }
    return true;
  }

  /** As it is now, to be gone through very often: what few there are costs nothing to hand out. */
  list(): readonly T[] {
    return this.#many ? [...this.#many] : this.#few;
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#many ?? this.#few).values();
  }
}

export function compactSet<T>(items: Iterable<T>): CompactSet<T> {
  const set = new CompactSet<T>();
  for (const item of items) set.add(item);
  return set;
}
