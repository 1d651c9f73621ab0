import type { AuditRecord, AuditResult, BegunRecord, ClosedRecord } from './record.ts';

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

/**
 * Joins the records of each write. Returns writes in the order in which they were begun: each when its outcome is final
 * and, if it was done, confirmed. Holds only the others.
 */
export class WriteLog {
  readonly #waiting = new Map<number, Growing>();

  /** @returns the writes that are complete now */
  add(record: AuditRecord): readonly Write[] {
    if (record.type === 'begun') this.#waiting.set(record.seq, opened(record));
    if (record.type === 'closed') this.#close(record);
    if (record.type === 'read') this.#confirm(record);
    if (record.type === 'begun' || record.type === 'torn' || record.type === 'lost') return [];
    const complete: Write[] = [];
    for (const [seq, write] of this.#waiting) {
      if (!isComplete(write)) break;
      this.#waiting.delete(seq);
      complete.push(write);
    }
    return complete;
  }

  /** The writes that are not complete yet. */
  rest(): readonly Write[] {
    return [...this.#waiting.values()];
  }

  #close({ of, at, result, errorClass, message, requests, unknown }: ClosedRecord): void {
    const write = this.#waiting.get(of);
    if (write === undefined) return;
    write.result = unknown === true ? 'open' : result;
    write.closedAt = at;
    if (errorClass !== undefined) write.errorClass = errorClass;
    if (message !== undefined) write.message = message;
    if (requests !== undefined) write.requests = requests;
    // It was read from the device, which confirms it.
    if (result === 'found-done') write.confirmedAt = at;
  }

  #confirm({ at, upTo, complete, differing, differences }: Extract<AuditRecord, { type: 'read' }>): void {
    if (!complete || differences > differing.length) return;
    const differs = new Set(differing);
    for (const [seq, write] of this.#waiting) {
      if (seq > upTo) break;
      if (write.result === 'done' && !differs.has(`${write.kind} ${write.name}`)) write.confirmedAt ||= at;
    }
  }
}

function opened({ type: _, v: _v, prev: _prev, clock: _clock, ...write }: BegunRecord): Growing {
  return { ...write, result: 'open', closedAt: '', confirmedAt: '' };
}

function isComplete({ result, confirmedAt }: Write): boolean {
  if (result === 'open' || result === 'pending') return false;
  return result !== 'done' || confirmedAt !== '';
}
