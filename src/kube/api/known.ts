/** What identifies one state of one object. */
export interface Identity {
  readonly uid: string;
  readonly version: string;
}

interface Entry {
  uid: string;
  version: string;
  round: number;
}

/**
 * Which objects were last seen, by key: enough to tell from a list what was missed, and a new object from an old one of
 * the same name. Holds no object. A list is a round: what it did not show is gone.
 */
export class Known {
  readonly #entries = new Map<string, Entry>();
  #round = 0;
  #seen = 0;

  /** Starts to take in a list, forgetting how far an earlier one came. */
  beginRound(): void {
    this.#round += 1;
    this.#seen = 0;
  }

  /** @returns what the object means: nothing new, a first sight, a later state, or another object under the same name */
  see(key: string, { uid, version }: Identity): 'same' | 'new' | 'changed' | 'replaced' {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { uid, version, round: this.#round });
      this.#seen += 1;
      return 'new';
    }
    if (entry.round !== this.#round) this.#seen += 1;
    const verdict = entry.uid !== uid ? 'replaced' : entry.version !== version ? 'changed' : 'same';
    entry.uid = uid;
    entry.version = version;
    entry.round = this.#round;
    return verdict;
  }

  /** @returns was it known, as this very object? */
  drop(key: string, uid: string): boolean {
    const entry = this.#entries.get(key);
    if (entry?.uid !== uid) return false;
    if (entry.round === this.#round) this.#seen -= 1;
    return this.#entries.delete(key);
  }

  /** How many objects the current round has not shown. */
  get unseen(): number {
    return this.#entries.size - this.#seen;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Forgets the objects that the current round has not shown, and names them. */
  *sweep(): Generator<string> {
    if (this.unseen === 0) return;
    for (const [key, entry] of this.#entries) {
      if (entry.round === this.#round) continue;
      this.#entries.delete(key);
      yield key;
    }
  }
}
