import { parseInstant } from '../../time/instant.ts';
import { isFinal, isFromReading, type AuditResult, type ClosedRecord } from '../record.ts';

/** What is wrong with a record that closes a write. */
export type CloseFault = 'closed-twice' | 'closed-unbegun';

/** What a record that closes a write means for what the device has. */
export type CloseEffect<W> =
  /** From here on the device has it, or has not. `isLate`: a reading had not found it. */
  | { readonly effect: 'done' | 'not-done'; readonly write: W; readonly isLate?: true }
  /** The device has carried it out late, before or after something that contradicts it in this: of this only a reading tells. */
  | { readonly effect: 'partly-done'; readonly write: W; readonly isLate: true; readonly inDoubt: Doubt }
  /** The outcome is not known yet, or was known before. */
  | { readonly effect: 'nothing' | CloseFault };

/** Members, or everything: what a device has otherwise if it carries out two writes the other way round. */
export type Doubt = readonly string[] | 'all';

/** What a reading found of a write to which no answer has come. */
interface Found<W> {
  readonly write: W;
  readonly isDone: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In what it contradicts something that has been done since: nobody knows whether the device did it before or after. */
  inDoubt: Doubt;
}

/** As JSON. */
export interface KeptWrites<W> {
  readonly open: readonly (readonly [seq: number, write: W])[];
  readonly found: readonly (readonly [seq: number, found: Found<W>])[];
  readonly answered: readonly number[];
  readonly begun: number;
}

const done: ReadonlySet<AuditResult> = new Set(['done', 'found-done']);
/** Much longer than any call to a device. */
const longestCallMs = 3_600_000;
const nothing = { effect: 'nothing' } as const;

/**
 * The writes of a chain, and what became of each: the one place that decides which of several outcomes counts. See
 * docs/decisions/0008-audit-record.md. Each write is begun once and closed once; one that was closed as pending or unknown
 * is closed again when the device was read or polled.
 */
export class Outcomes<W> {
  readonly #doubtOf: (one: W, other: W) => Doubt;
  readonly #open: Map<number, W>;
  /** Open, though an answer has come: it did not tell the outcome. */
  readonly #answered: Set<number>;
  /** In the order in which they were found. */
  readonly #found: Map<number, Found<W>>;
  #begun: number;

  constructor(doubtOf: (one: W, other: W) => Doubt, kept?: KeptWrites<W>) {
    this.#doubtOf = doubtOf;
    this.#open = new Map(kept?.open);
    this.#found = new Map(kept?.found);
    this.#answered = new Set(kept?.answered);
    this.#begun = kept?.begun ?? 0;
  }

  kept(): KeptWrites<W> {
    return { open: [...this.#open], found: [...this.#found], answered: [...this.#answered], begun: this.#begun };
  }

  begin(seq: number, write: W): void {
    this.#open.set(seq, write);
    this.#begun += 1;
  }

  /** Records come in the order of the chain. */
  close(record: ClosedRecord): CloseEffect<W> {
    const { of, result } = record;
    const write = this.#open.get(of);
    if (write === undefined) return this.#again(record);
    if (!isFinal(record)) {
      if (result !== 'pending') this.#answered.add(of);
      return nothing;
    }
    this.#open.delete(of);
    if (!this.#answered.delete(of) && isFromReading(record)) this.#find(record, write);
    return done.has(result) ? this.#done(write) : { effect: 'not-done', write };
  }

  get size(): number {
    return this.#open.size;
  }

  /** Those still open, in the order in which they were begun. */
  list(): readonly W[] {
    return [...this.#open.values()];
  }

  /** What was read may be read once more. An answer comes once: what a reading has seen done is known, the rest is news. */
  #again(record: ClosedRecord): CloseEffect<W> {
    const { of, seq, at, result } = record;
    if (!(of > 0 && of < seq && this.#begun > 0)) return { effect: 'closed-unbegun' };
    if (isFromReading(record)) return nothing;
    const found = this.#found.get(of);
    if (found === undefined || (parseInstant(at) ?? 0) - found.at > longestCallMs) return { effect: 'closed-twice' };
    if (result !== 'pending') this.#found.delete(of);
    if (result !== 'done' || found.isDone) return nothing;
    const { write, inDoubt } = found;
    const closed = this.#done(write);
    return inDoubt.length === 0 ? { ...closed, isLate: true } : { effect: 'partly-done', write, isLate: true, inDoubt };
  }

  #find({ of, at, result }: ClosedRecord, write: W): void {
    const now = parseInstant(at) ?? 0;
    for (const [seq, found] of this.#found) {
      if (now - found.at <= longestCallMs) break;
      this.#found.delete(seq);
    }
    this.#found.set(of, { write, isDone: done.has(result), at: now, inDoubt: [] });
  }

  #done(write: W): { readonly effect: 'done'; readonly write: W } {
    for (const found of this.#found.values()) found.inDoubt = either(found.inDoubt, this.#doubtOf(write, found.write));
    return { effect: 'done', write };
  }
}

function either(one: Doubt, other: Doubt): Doubt {
  return one === 'all' || other === 'all' ? 'all' : [...new Set([...one, ...other])];
}
