import { isFinal, type AuditRecord, type BegunRecord } from './record.ts';

/** What is wrong with a record that closes a write. */
export type CloseFault = 'closed-twice' | 'closed-unbegun';

/**
 * The writes of a chain whose outcome is not known. Each write is begun once and closed once; one that was closed as
 * pending or unknown is closed again when the device was read or polled.
 */
export class OpenWrites {
  readonly #open = new Map<number, BegunRecord>();
  #begun = 0;

  /** Records come in the order of the chain. */
  add(record: AuditRecord): CloseFault | undefined {
    if (record.type === 'begun') {
      this.#open.set(record.seq, record);
      this.#begun += 1;
    }
    if (record.type !== 'closed') return undefined;
    const { of, seq } = record;
    if (!this.#open.has(of)) return of > 0 && of < seq && this.#begun > 0 ? 'closed-twice' : 'closed-unbegun';
    if (isFinal(record)) this.#open.delete(of);
    return undefined;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Those still open, in the order in which they were begun. */
  list(): readonly BegunRecord[] {
    return [...this.#open.values()];
  }
}
