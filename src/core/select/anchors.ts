/** Items by `key=value` texts that each of them holds. */
export class AnchorIndex<T> {
  readonly #items = new Map<string, Set<T>>();

  add(anchors: Iterable<string>, item: T): void {
    for (const anchor of anchors) {
      const items = this.#items.get(anchor);
      if (items) items.add(item);
      else this.#items.set(anchor, new Set([item]));
    }
  }

  delete(anchors: Iterable<string>, item: T): void {
    for (const anchor of anchors) {
      const items = this.#items.get(anchor);
      if (items?.delete(item) && items.size === 0) this.#items.delete(anchor);
    }
  }

  get(anchor: string): ReadonlySet<T> | undefined {
    return this.#items.get(anchor);
  }

  /** How many items hold one of these anchors, counting an item once per anchor. */
  count(anchors: readonly string[]): number {
    return anchors.reduce((sum, anchor) => sum + (this.#items.get(anchor)?.size ?? 0), 0);
  }

  *any(anchors: Iterable<string>): Iterable<T> {
    for (const anchor of anchors) yield* this.#items.get(anchor) ?? [];
  }
}
