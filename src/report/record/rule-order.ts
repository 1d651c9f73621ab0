import type { BegunRecord } from '../../core/audit/record.ts';
import { keyOf } from '../../core/model/resource.ts';

interface Place {
  readonly key: string;
  before: Place | undefined;
  after: Place | undefined;
}

/** By kind, the keys of its rules in their order. */
export type KeptOrder = readonly (readonly [kind: string, keys: readonly string[]])[];

/** The order of rules in each table of a device, rebuilt from its writes; constant work for each write. */
export class RuleOrder {
  /** By kind, an empty place before the first. */
  readonly #heads = new Map<string, Place>();
  readonly #places = new Map<string, Place>();

  /** @param kept the keys of each kind, in their order */
  static resumed(kept: KeptOrder): RuleOrder {
    const order = new RuleOrder();
    for (const [kind, keys] of kept) {
      let last = order.#headOf(kind);
      for (const key of keys) last = order.#put(key, last);
    }
    return order;
  }

  kept(): KeptOrder {
    return [...this.#heads].map(([kind, head]) => [kind, [...keysAfter(head)]]);
  }

  /** Takes in a write that was done. */
  take(write: Pick<BegunRecord, 'op' | 'kind' | 'name' | 'placeAfter'>): void {
    const { kind, op, placeAfter } = write;
    const key = keyOf(write);
    if (op !== 'delete' && placeAfter === undefined) return;
    this.#leave(key);
    if (op === 'delete' || placeAfter === undefined) return;
    const behind = placeAfter === null ? this.#headOf(kind) : this.#places.get(keyOf({ kind, name: placeAfter }));
    // Placed behind an unknown object: its position cannot be known.
    if (behind === undefined) return;
    this.#put(key, behind);
  }

  /** The positions by key; of each kind from 0. */
  ranks(): ReadonlyMap<string, number> {
    const ranks = new Map<string, number>();
    for (const head of this.#heads.values()) {
      let rank = 0;
      for (const key of keysAfter(head)) ranks.set(key, rank++);
    }
    return ranks;
  }

  #put(key: string, behind: Place): Place {
    const place = { key, before: behind, after: behind.after };
    if (behind.after) behind.after.before = place;
    behind.after = place;
    this.#places.set(key, place);
    return place;
  }

  #headOf(kind: string): Place {
    const head = this.#heads.get(kind) ?? { key: '', before: undefined, after: undefined };
    this.#heads.set(kind, head);
    return head;
  }

  #leave(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    if (place.before) place.before.after = place.after;
    if (place.after) place.after.before = place.before;
  }
}

function* keysAfter(head: Place): Generator<string> {
  for (let place = head.after; place; place = place.after) yield place.key;
}
