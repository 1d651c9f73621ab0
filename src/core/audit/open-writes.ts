import type { AuditRecord, BegunRecord } from './record.ts';

/** What a closing record did wrong. */
export type CloseFault = 'closed-twice' | 'closed-unbegun';

/**
 * Writes whose outcome is not known yet, by the rules of the record: each is begun once and closed once; only what was
 * pending or unknown is closed a second time, when reading the device has told.
 */
export class OpenWrites {
  readonly #open = new Map<number, BegunRecord>();
  #begun = 0;

  /** In the order of the chain. */
  add(record: AuditRecord): CloseFault | undefined {
    if (record.type === 'begun') {
      this.#open.set(record.seq, record);
      this.#begun += 1;
    }
    if (record.type !== 'closed') return undefined;
    const { of, seq, result, unknown } = record;
    if (!this.#open.has(of)) return of > 0 && of < seq && this.#begun > 0 ? 'closed-twice' : 'closed-unbegun';
    if (result !== 'pending' && unknown !== true) this.#open.delete(of);
    return undefined;
  }

  get size(): number {
    return this.#open.size;
  }

  /** In the order in which they were begun. */
  list(): readonly BegunRecord[] {
    return [...this.#open.values()];
  }
}
