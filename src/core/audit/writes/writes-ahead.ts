import { Outcomes } from './outcomes.ts';
import { isFinal, type AuditRecord, type BegunRecord, type ClosedRecord } from '../record.ts';

interface Reading {
  readonly at: string;
  readonly place: number;
  readonly upTo: number;
  readonly differing: ReadonlySet<string>;
}

/**
 * What a record says of writes later than where they begin. Who has read it once, and reads it again in its order, knows how each
 * write will end, and holds none to wait for that: a device that cannot be read confirms nothing for weeks. Small: of all records
 * only readings are kept, and the numbers of writes that never end.
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
    const said = this.#unended.get(record.of);
    if (said === undefined) return;
    if (isFinal(record)) this.#unended.delete(record.of);
    else this.#unended.set(record.of, said + 1);
  }

  /** How many records tell how a write stands that never ends; undefined: it does. */
  saidOf(seq: number): number | undefined {
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
