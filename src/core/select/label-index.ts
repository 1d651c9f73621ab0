/** Beyond this many items a list is slower than a set; below, a set takes ten times the memory. */
const fewItems = 8;

/** Items by `key=value` texts that each of them holds. */
export class LabelIndex<T> {
  readonly #few = new Map<string, readonly T[]>();
  readonly #many = new Map<string, Set<T>>();

  /** Each item is added once. */
  add(anchors: Iterable<string>, item: T): void {
    for (const anchor of anchors) {
      const many = this.#many.get(anchor);
      const few = this.#few.get(anchor);
      if (many) many.add(item);
      else if (!few) this.#few.set(anchor, [item]);
      else if (few.length < fewItems) this.#few.set(anchor, few.concat([item]));
      else {
        this.#few.delete(anchor);
        this.#many.set(anchor, new Set([...few, item]));
      }
    }
  }

  delete(anchors: Iterable<string>, item: T): void {
    for (const anchor of anchors) {
      const many = this.#many.get(anchor);
      if (many?.delete(item) && many.size === 0) this.#many.delete(anchor);
      const few = this.#few.get(anchor)?.filter((other) => other !== item);
      if (few?.length === 0) this.#few.delete(anchor);
      else if (few) this.#few.set(anchor, few);
    }
  }

  /** How many items hold one of these anchors, counting an item once per anchor. */
  count(anchors: readonly string[]): number {
    const size = (anchor: string): number => this.#many.get(anchor)?.size ?? this.#few.get(anchor)?.length ?? 0;
    return anchors.reduce((sum, anchor) => sum + size(anchor), 0);
  }

  *any(anchors: Iterable<string>): Iterable<T> {
    for (const anchor of anchors) yield* this.#many.get(anchor) ?? this.#few.get(anchor) ?? [];
  }
}
