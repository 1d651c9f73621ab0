import { Outcomes } from './outcomes.ts';
import { isFinal, type AuditRecord, type BegunRecord, type ClosedRecord } from '../record.ts';

interface Reading {
  readonly at: string;
  readonly place: number;
  readonly upTo: number;
  readonly differing: ReadonlySet<string>;
}

/**
 * How each write of a chain ends, from a first pass over its records. A second pass in the same order then knows the outcome of a
 * write where it begins, and need not hold it until it is confirmed: a device that cannot be read confirms nothing for weeks.
 * Small: only readings are kept, and the numbers of writes whose outcome is never known.
 */
export class WritesAhead {
  readonly #readings: Reading[] = [];
  readonly #unended = new Map<number, number>();
  readonly #outcomes = new Outcomes<number>(() => []);
  /** Writes that a reading had not found, and that an answer has told of later. */
  readonly #late = new Set<number>();
  #places = 0;
  /** Of the first reading that is not before the place that was asked about last. */
  #next = 0;

  /** Records come in the order of the chain. */
  add(record: AuditRecord): void {
    this.#places += 1;
    if (record.type === 'begun') {
      this.#unended.set(record.seq, 0);
      this.#outcomes.begin(record.seq, record.seq);
    }
    if (record.type === 'read') this.#read(record);
    if (record.type !== 'closed') return;
    const outcome = this.#outcomes.close(record);
    if ('write' in outcome && outcome.isLate) this.#late.add(outcome.write);
    const count = this.#unended.get(record.of);
    if (count === undefined) return;
    if (isFinal(record)) this.#unended.delete(record.of);
    else this.#unended.set(record.of, count + 1);
  }

  /** How many records close a write whose outcome is never known; undefined: it is. */
  countOfUnended(seq: number): number | undefined {
    return this.#unended.get(seq);
  }

  /** Does a later record tell another outcome, which counts? */
  isOvertaken({ of, result }: Pick<ClosedRecord, 'of' | 'result'>): boolean {
    return result === 'found-not-done' && this.#late.has(of);
  }

  /**
   * When a reading first confirmed a write that was done, RFC 3339; empty: none did.
   *
   * @param place how many records were read when it was done; places are asked about in their order
   */
  confirmedAt({ seq, kind, name }: Pick<BegunRecord, 'seq' | 'kind' | 'name'>, place: number): string {
    while ((this.#readings[this.#next]?.place ?? Infinity) <= place) this.#next += 1;
    for (let at = this.#next; at < this.#readings.length; at += 1) {
      const reading = this.#readings[at];
      if (reading !== undefined && reading.upTo >= seq && !reading.differing.has(`${kind} ${name}`)) return reading.at;
    }
    return '';
  }

  #read({ at, upTo, complete, differing, differences }: Extract<AuditRecord, { type: 'read' }>): void {
    if (!complete || differences > differing.length) return;
    this.#readings.push({ at, upTo, place: this.#places, differing: new Set(differing) });
  }
}
