import { isFinal, type AuditRecord, type AuditResult, type BegunRecord } from './record.ts';

/** What is wrong with a record that closes a write. */
export type CloseFault = 'closed-twice' | 'closed-unbegun';

const fromReading: ReadonlySet<AuditResult> = new Set(['found-done', 'found-not-done']);

/**
 * The writes of a chain whose outcome is not known. Each write is begun once and closed once; one that was closed as
 * pending or unknown is closed again when the device was read or polled. A Redis that failed over may take for open what
 * was closed: then another worker reads the device, and says once more what it found. After a Redis has lost
 * its leases, a second worker may read the device while the first still waits for its answer: that is recorded after the
 * reading.
 */
export class OpenWrites {
  readonly #open = new Map<number, BegunRecord>();
  /** Closed by a reading; the answer to the write may still come, once. */
  readonly #found = new Set<number>();
  #begun = 0;

  /** Records come in the order of the chain. */
  add(record: AuditRecord): CloseFault | undefined {
    if (record.type === 'begun') {
      this.#open.set(record.seq, record);
      this.#begun += 1;
    }
    if (record.type !== 'closed') return undefined;
    const { of, seq, result } = record;
    const isFound = fromReading.has(result);
    if (!this.#open.has(of)) {
      if (!(of > 0 && of < seq && this.#begun > 0)) return 'closed-unbegun';
      return isFound || this.#found.delete(of) ? undefined : 'closed-twice';
    }
    if (isFinal(record)) this.#open.delete(of);
    if (isFound) this.#found.add(of);
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
