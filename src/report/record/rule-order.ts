import type { BegunRecord } from '../../core/audit/record.ts';
import { keyOf } from '../../core/model/resource.ts';

interface Place {
  readonly key: string;
  before: Place | undefined;
  after: Place | undefined;
}

/** The order of rules in each table of a device, rebuilt from its writes; constant work for each write. */
export class RuleOrder {
  /** By kind, an empty place before the first. */
  readonly #heads = new Map<string, Place>();
  readonly #places = new Map<string, Place>();

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
    const place = { key, before: behind, after: behind.after };
    if (behind.after) behind.after.before = place;
    behind.after = place;
    this.#places.set(key, place);
  }

  /** The positions by key; of each kind from 0. */
  ranks(): ReadonlyMap<string, number> {
    const ranks = new Map<string, number>();
    for (const head of this.#heads.values()) {
      let rank = 0;
      for (let place = head.after; place; place = place.after) ranks.set(place.key, rank++);
    }
    return ranks;
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
