import { counted } from '../text/wording.ts';
import type { AuditRecord } from './record.ts';

/** Records that are not there, or whose time cannot be right: what was written then is not known. */
export interface Hole {
  /** Numbers of the first and the last of them. */
  readonly from: number;
  readonly to: number;
  /** Times of the records before and after, RFC 3339; `after` empty: nothing is before it. */
  readonly after: string;
  readonly before: string;
  /** `lost`: a record says that they went with a server; `time`: it is there, and its time is before the last one's. */
  readonly why: 'missing' | 'lost' | 'time';
}

/** Records of one chain, one after the other: what follows from the first and the last, and what is missing between. */
export interface Stretch {
  readonly first: Numbered;
  readonly last: Numbered;
  readonly holes: readonly Hole[];
  /** Numbers that records in it say are lost. */
  readonly lost: readonly Numbers[];
}

/** What it needs to go on. */
export interface KeptContinuity {
  readonly chain: string;
  readonly last: Numbered;
  readonly newest: number;
  readonly holes: readonly Hole[];
}

type Numbered = Pick<AuditRecord, 'seq' | 'at'>;
type Numbers = Pick<Hole, 'from' | 'to'>;

const nothing: Numbered = { seq: 0, at: '' };

/**
 * Notices, in the chains of a point, what is missing between one record and the next. Costs two comparisons a record; whether records
 * were altered, the hashes say.
 */
export class Continuity {
  #chain: string;
  #last: Numbered;
  /** The highest number in the chains before: one that branches off goes on from some record. */
  #newest: number;
  readonly #holes: Hole[];

  constructor({ chain, last, newest, holes }: KeptContinuity = { chain: '', last: nothing, newest: 0, holes: [] }) {
    this.#chain = chain;
    this.#last = last;
    this.#newest = newest;
    this.#holes = [...holes];
  }

  get holes(): readonly Hole[] {
    return this.#holes;
  }

  /** Records from here on are of this chain. */
  goTo(chain: string): void {
    if (chain === this.#chain) return;
    this.#newest = Math.max(this.#newest, this.#last.seq);
    this.#chain = chain;
    this.#last = nothing;
  }

  /** In the order of the chain. */
  add(record: AuditRecord): void {
    this.#follow(record);
    if (record.type === 'lost') this.#account(record);
  }

  /** The same of records that were looked at before. */
  pass({ first, last, holes, lost }: Stretch): void {
    this.#follow(first);
    for (const hole of holes) this.#holes.push(hole);
    for (const numbers of lost) this.#account(numbers);
    this.#last = last;
  }

  kept(): KeptContinuity {
    return { chain: this.#chain, last: this.#last, newest: this.#newest, holes: this.#holes };
  }

  #follow({ seq, at }: Numbered): void {
    const { seq: last, at: after } = this.#last;
    const known = last === 0 ? this.#newest : last;
    if (seq > known + 1) this.#holes.push({ from: known + 1, to: seq - 1, after, before: at, why: 'missing' });
    else if (at < after) this.#holes.push({ from: seq, to: seq, after: at, before: after, why: 'time' });
    this.#last = { seq, at };
  }

  #account({ from, to }: Numbers): void {
    const index = this.#holes.findIndex((hole) => hole.from === from && hole.to === to);
    const hole = this.#holes[index];
    if (hole !== undefined) this.#holes[index] = { ...hole, why: 'lost' };
  }
}

/** Works out a stretch, record by record. */
export class StretchReader {
  readonly #lost: Numbers[] = [];
  #continuity: Continuity | undefined;
  #ends: Pick<Stretch, 'first' | 'last'> | undefined;

  add(record: AuditRecord): void {
    const { seq, at } = record;
    const here = { seq, at };
    this.#continuity ??= new Continuity({ chain: '', last: here, newest: 0, holes: [] });
    if (this.#ends !== undefined) this.#continuity.add(record);
    if (record.type === 'lost') this.#lost.push({ from: record.from, to: record.to });
    this.#ends = { first: this.#ends?.first ?? here, last: here };
  }

  /** Undefined: there were none. */
  stretch(): Stretch | undefined {
    return this.#ends && { ...this.#ends, holes: this.#continuity?.holes ?? [], lost: this.#lost };
  }
}

/** `records 17 to 20 of edge, ...`: a sentence for people, without its end. */
function holeText({ from, to, after, before, why }: Hole, point: string): string {
  const [records, are] =
    from === to ? [`record ${from} of ${point}`, 'is'] : [`records ${from} to ${to} of ${point}`, 'are'];
  if (why === 'time')
    return `The time of ${records} is before that of the record before it: what counted when is not certain`;
  const when = after === '' ? `from before ${before}` : `from between ${after} and ${before}`;
  const how = why === 'lost' ? 'went with a server of Redis, which is on record' : `${are} missing`;
  return `The ${records}, ${when}, ${how}: what they wrote is not known`;
}

const mostNamed = 3;

/** The last few, since what is long past has mostly been written again. */
export function holeSentences(holes: readonly Hole[], point: string): readonly string[] {
  const sentences = holes.slice(-mostNamed).map((hole) => `${holeText(hole, point)}.`);
  const others = holes.length - sentences.length;
  return others === 0
    ? sentences
    : [
        `${counted(others, 'more hole')} before ${others === 1 ? 'is' : 'are'} in the record of ${point}: \`postern audit verify\` names each.`,
        ...sentences,
      ];
}
