/** Up to so many items are kept in an array: an item then costs 8 bytes, not the 50 of a Map. */
const fewItems = 16;
const nothing: readonly never[] = [];

/** Objects by their names, for very many places that nearly always have few: a namespace's pods, its policies. */
export class NamedSet<T extends { readonly name: string }> implements Iterable<T> {
  /** All, while they are few. It is replaced, never written to: an array that grows in place keeps room for sixteen more. */
  #few: readonly T[] = nothing;
  /** All, once they are many. */
  #many: Map<string, T> | undefined;

  get size(): number {
    return this.#many ? this.#many.size : this.#few.length;
  }

  get(name: string): T | undefined {
    return this.#many ? this.#many.get(name) : named(name, this.#few);
  }

  /** In the place of what has its name. */
  set(item: T): void {
    if (this.#many) this.#many.set(item.name, item);
    else this.#setAmongFew(item);
  }

  #setAmongFew(item: T): void {
    const few = this.#few;
    const before = named(item.name, few);
    if (before === item) return;
    if (before) this.#few = few.map((other) => (other === before ? item : other));
    else if (few.length === 0) this.#few = [item];
    else if (few.length < fewItems) this.#few = few.toSpliced(few.length, 0, item);
    else {
      this.#many = new Map(few.map((one) => [one.name, one])).set(item.name, item);
      this.#few = nothing;
    }
  }

  /** @returns whether it was there */
  delete(name: string): boolean {
    const many = this.#many;
    if (!many) {
      const before = named(name, this.#few);
      if (before) this.#few = this.#few.filter((other) => other !== before).slice();
      return before !== undefined;
    }
    const wasThere = many.delete(name);
    if (wasThere && many.size <= fewItems / 2) {
      this.#few = [...many.values()];
      this.#many = undefined;
    }
    return wasThere;
  }

  /** As it is now, to be gone through very often: what few there are costs nothing to hand out. */
  list(): readonly T[] {
    return this.#many ? [...this.#many.values()] : this.#few;
  }

  [Symbol.iterator](): Iterator<T> {
    return (this.#many ?? this.#few).values();
  }
}

function named<T extends { readonly name: string }>(name: string, items: readonly T[]): T | undefined {
  for (const item of items) if (item.name === name) return item;
  return undefined;
}
