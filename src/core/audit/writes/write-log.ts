import { isFinal, type AuditRecord, type AuditResult, type BegunRecord, type ClosedRecord } from '../record.ts';
import type { WritesAhead } from './writes-ahead.ts';

/** One write with everything that the record has about it. */
export interface Write extends Omit<BegunRecord, 'type' | 'v' | 'prev' | 'clock'> {
  /** `open`: the outcome is not known. */
  readonly result: AuditResult | 'open';
  readonly errorClass?: string;
  readonly message?: string;
  /** The requests of the batch; on its first write. */
  readonly requests?: ClosedRecord['requests'];
  /** RFC 3339; empty: not yet. */
  readonly closedAt: string;
  /** When a reading of the device first confirmed it, RFC 3339; empty: not yet, or it failed. */
  readonly confirmedAt: string;
}

type Growing = { -readonly [K in keyof Write]: Write[K] };

interface Waiting {
  readonly write: Growing;
  /** How many records that close it are still to come. */
  left: number;
}

/**
 * Joins the records of each write. Returns writes in the order in which they were begun, each as soon as its outcome is known, or
 * no more records close it. Holds only the others: those that were in progress at one time.
 */
export class WriteLog {
  readonly #ahead: WritesAhead;
  readonly #waiting = new Map<number, Waiting>();
  #places = 0;

  /** @param ahead from a first pass over these records */
  constructor(ahead: WritesAhead) {
    this.#ahead = ahead;
  }

  /** @returns the writes that are complete now */
  add(record: AuditRecord): readonly Write[] {
    this.#places += 1;
    if (record.type === 'begun')
      this.#waiting.set(record.seq, {
        write: opened(record),
        left: this.#ahead.countOfUnended(record.seq) ?? Infinity,
      });
    if (record.type === 'closed') this.#close(record);
    const complete: Write[] = [];
    for (const [seq, { write, left }] of this.#waiting) {
      if (left > 0) break;
      this.#waiting.delete(seq);
      complete.push(write);
    }
    return complete;
  }

  /** The writes that are not complete: they were begun after the first pass over the record. */
  rest(): readonly Write[] {
    return [...this.#waiting.values()].map(({ write }) => write);
  }

  #close(record: ClosedRecord): void {
    const { of, at, result, errorClass, message, requests, unknown } = record;
    const waiting = this.#waiting.get(of);
    // What a reading had not found, an answer has told later: the row has the outcome that counts.
    if (waiting === undefined || waiting.left <= 0 || this.#ahead.isOvertaken(record)) return;
    const { write } = waiting;
    write.result = unknown === true ? 'open' : result;
    write.closedAt = at;
    if (errorClass !== undefined) write.errorClass = errorClass;
    if (message !== undefined) write.message = message;
    if (requests !== undefined) write.requests = requests;
    waiting.left = isFinal(record) ? 0 : waiting.left - 1;
    // What was found done was read from the device, which confirms it.
    if (result === 'found-done') write.confirmedAt = at;
    else if (result === 'done') write.confirmedAt = this.#ahead.confirmedAt(write, this.#places);
  }
}

function opened({ type: _, v: _v, prev: _prev, clock: _clock, ...write }: BegunRecord): Growing {
  return { ...write, result: 'open', closedAt: '', confirmedAt: '' };
}
