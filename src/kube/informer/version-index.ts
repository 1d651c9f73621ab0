/** What an object that was just seen means, compared with what was seen before under its key. */
export type Sighting = 'same' | 'new' | 'changed' | 'replaced';

/**
 * The uid and resourceVersion under which each object was last seen, but not the objects: enough to tell from a list what
 * a watch missed, and a new object from an old one of the same name. Kept in columns, which take a third of the memory
 * that one record for each object would.
 */
export class VersionIndex {
  readonly #rows = new Map<string, number>();
  readonly #uids: string[] = [];
  readonly #versions: (string | number)[] = [];
  /** Number of the list that last showed the object. */
  readonly #lists: number[] = [];
  readonly #freeRows: number[] = [];
  #list = 0;
  #listed = 0;

  /** Begins a list. An earlier one that did not come to its end counts for nothing. */
  beginList(): void {
    this.#list += 1;
    this.#listed = 0;
  }

  observe(key: string, uid: string, version: string): Sighting {
    const known = this.#rows.get(key);
    const row = known ?? this.#freeRows.pop() ?? this.#uids.length;
    const compact = compacted(version);
    const sighting = known === undefined ? 'new' : this.#compare(row, uid, compact);
    if (known === undefined) this.#rows.set(key, row);
    if (known === undefined || this.#lists[row] !== this.#list) this.#listed += 1;
    // The text kept is shared with the object that the rest of the program keeps; that of a later state would be a copy.
    if (sighting === 'new' || sighting === 'replaced') this.#uids[row] = uid;
    this.#versions[row] = compact;
    this.#lists[row] = this.#list;
    return sighting;
  }

  /** @returns whether this very object was known */
  remove(key: string, uid: string): boolean {
    const row = this.#rows.get(key);
    if (row === undefined || this.#uids[row] !== uid) return false;
    if (this.#lists[row] === this.#list) this.#listed -= 1;
    this.#release(key, row);
    return true;
  }

  /** How many objects the current list has not shown. */
  get unlisted(): number {
    return this.#rows.size - this.#listed;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Forgets the objects that the current list has not shown, and yields their keys. */
  *removeUnlisted(): Generator<string> {
    if (this.unlisted === 0) return;
    for (const [key, row] of this.#rows) {
      if (this.#lists[row] === this.#list) continue;
      this.#release(key, row);
      yield key;
    }
  }

  #compare(row: number, uid: string, version: string | number): Sighting {
    if (this.#uids[row] !== uid) return 'replaced';
    return this.#versions[row] === version ? 'same' : 'changed';
  }

  #release(key: string, row: number): void {
    this.#rows.delete(key);
    this.#uids[row] = '';
    this.#freeRows.push(row);
  }
}

/** Versions are opaque, but nearly every server writes them as numbers; one that is not, or is too long, stays text. */
function compacted(version: string): string | number {
  return /^[1-9]\d{0,14}$/.test(version) ? Number(version) : version;
}
