import { isFinal, type AuditRecord, type AuditResult, type BegunRecord } from './record.ts';

/** What is wrong with a record that closes a write. */
export type CloseFault = 'closed-twice' | 'closed-unbegun';

const fromReading: ReadonlySet<AuditResult> = new Set(['found-done', 'found-not-done']);

/**
 * The writes of a chain whose outcome is not known. Each write is begun once and closed once; one that was closed as
 * pending or unknown is closed again when the device was read or polled. A Redis that failed over may take for open what
 * was closed: then another worker reads the device, and says once more what it found.
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
    const { of, seq, result } = record;
    if (!this.#open.has(of) && fromReading.has(result) && of < seq && this.#begun > 0) return undefined;
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
