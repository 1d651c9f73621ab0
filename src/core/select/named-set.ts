/** Up to so many items are kept in an array: an item then costs 8 bytes, not the 50 of a Map. */
const fewItems = 16;
const nothing: readonly never[] = [];

/** Objects by their names, for very many places that nearly always have few: a namespace's pods, its policies. */
export class NamedSet<T extends { readonly name: string }> implements Iterable<T> {
  /** The array is replaced, never written to: one that grows in place keeps room for sixteen more. */
  #items: readonly T[] | Map<string, T> = nothing;

  get size(): number {
    return isMap(this.#items) ? this.#items.size : this.#items.length;
  }

  get(name: string): T | undefined {
    return isMap(this.#items) ? this.#items.get(name) : this.#items.find((item) => item.name === name);
  }

  /** In the place of what has its name. */
  set(item: T): void {
    const before = this.get(item.name);
    if (before === item) return;
    if (isMap(this.#items)) this.#items.set(item.name, item);
    else if (before) this.#items = this.#items.map((other) => (other === before ? item : other));
    else if (this.#items.length < fewItems) this.#items = this.#items.toSpliced(this.#items.length, 0, item);
    else this.#items = new Map([...this.#items, item].map((one) => [one.name, one]));
  }

  /** @returns whether it was there */
  delete(name: string): boolean {
    const before = this.get(name);
    if (!before) return false;
    if (!isMap(this.#items)) this.#items = this.#items.filter((other) => other !== before).slice();
    else if (this.#items.delete(name) && this.#items.size <= fewItems / 2) this.#items = [...this.#items.values()];
    return true;
  }

  /** As it is now, to be gone through very often: what few there are costs nothing to hand out. */
  list(): readonly T[] {
    return isMap(this.#items) ? [...this.#items.values()] : this.#items;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items.values();
  }
}

function isMap<T>(items: readonly T[] | Map<string, T>): items is Map<string, T> {
  return items instanceof Map;
}
