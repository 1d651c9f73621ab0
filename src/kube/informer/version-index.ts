/**
 * Which objects were last seen, by key: enough to tell from a list what was missed, and a new object from an old one of
 * the same name. Holds no object. A list is a round: what it did not show is gone. Of each object it knows a place in
 * columns, which take a third of what a record of its own would.
 */
export class VersionIndex {
  readonly #places = new Map<string, number>();
  readonly #uids: string[] = [];
  readonly #versions: (string | number)[] = [];
  readonly #rounds: number[] = [];
  /** Places that are not in use. */
  readonly #free: number[] = [];
  #round = 0;
  #seen = 0;

  /** Starts to take in a list, forgetting how far an earlier one came. */
  beginList(): void {
    this.#round += 1;
    this.#seen = 0;
  }

  /** @returns what the object means: nothing new, a first sight, a later state, or another object under the same name */
  observe(key: string, uid: string, version: string): 'same' | 'new' | 'changed' | 'replaced' {
    const known = this.#places.get(key);
    const place = known ?? this.#free.pop() ?? this.#uids.length;
    const compact = compactly(version);
    const verdict =
      known === undefined
        ? 'new'
        : this.#uids[place] !== uid
          ? 'replaced'
          : this.#versions[place] === compact
            ? 'same'
            : 'changed';
    if (known === undefined) this.#places.set(key, place);
    if (known === undefined || this.#rounds[place] !== this.#round) this.#seen += 1;
    // The text that is there is one with that of the object; that of a later state would be another.
    if (verdict === 'new' || verdict === 'replaced') this.#uids[place] = uid;
    this.#versions[place] = compact;
    this.#rounds[place] = this.#round;
    return verdict;
  }

  /** @returns was it known, as this very object? */
  remove(key: string, uid: string): boolean {
    const place = this.#places.get(key);
    if (place === undefined || this.#uids[place] !== uid) return false;
    if (this.#rounds[place] === this.#round) this.#seen -= 1;
    this.#release(key, place);
    return true;
  }

  /** How many objects the current round has not shown. */
  get unlisted(): number {
    return this.#places.size - this.#seen;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Forgets the objects that the current round has not shown, and names them. */
  *removeUnlisted(): Generator<string> {
    if (this.unlisted === 0) return;
    for (const [key, place] of this.#places) {
      if (this.#rounds[place] === this.#round) continue;
      this.#release(key, place);
      yield key;
    }
  }

  #release(key: string, place: number): void {
    this.#places.delete(key);
    this.#uids[place] = '';
    this.#free.push(place);
  }
}

/** A version is opaque, but is written as a number by nearly every server; one that is not, or is too long, stays text. */
function compactly(version: string): string | number {
  return /^[1-9]\d{0,14}$/.test(version) ? Number(version) : version;
}
