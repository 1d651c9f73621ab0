import { openLine } from '../../core/audit/chain.ts';
import { Continuity, type Hole, type KeptContinuity } from '../../core/audit/continuity.ts';
import type { Fold, Resumption } from '../../core/audit/lines/fold.ts';
import { textOf, type Lines, type Span } from '../../core/audit/lines/lines.ts';
import { History, type KeptHistory, type KeptObject, type ObjectAt, type PointAt } from '../../core/audit/history.ts';
import type { AuditRecord } from '../../core/audit/record.ts';
import { grouped } from '../../core/model/grouped.ts';
import { keyOf } from '../../core/model/resource.ts';
import { RecordLines } from '../../core/audit/lines/record-lines.ts';
import { Readings, type KeptReadings } from './readings.ts';
import { RuleOrder, type KeptOrder } from './rule-order.ts';

/** The state of one point up to a moment, by its record. */
export interface RecordedState extends Pick<PointAt, 'uncertain' | 'lastRead'> {
  readonly adapter: string;
  readonly records: number;
  /** Times of the first and the last record. */
  readonly from: string;
  readonly to: string;
  /** Hash of the last record. */
  readonly hash: string;
  /** What is missing up to the moment, so that what is on the device may be more, or less. */
  readonly holes: readonly Hole[];
  /** Objects by the rule or group that they serve. */
  readonly byId: ReadonlyMap<string, readonly ObjectAt[]>;
  /** When a reading last confirmed it as it is now; `''`: none has. */
  readonly verifiedAt: (object: ObjectAt) => string;
  /** Whether it was different when the device was last read. */
  readonly differs: (object: ObjectAt) => boolean;
  /** Its position in its table; undefined: it has none, or it is not known. */
  readonly rankOf: (object: ObjectAt) => number | undefined;
}

/** What is counted of a chain. */
interface Seen {
  adapter: string;
  records: number;
  from: string;
  to: string;
  /** The latest time of all: the last one, unless the record was tampered with. */
  latest: string;
  hash: string;
}

/** What a reader needs to go on, as JSON in the first line. Each object has a line of its own behind it. */
interface Kept {
  readonly seen: Seen;
  readonly history: KeptHistory;
  readonly readings: KeptReadings;
  readonly sequence: KeptOrder;
  readonly continuity: KeptContinuity;
}

/** Folds the lines of the chain of a point into its state. */
export class RecordedStateReader implements Fold {
  /** Goes up with every change of what is kept, and of how it comes about. */
  readonly form = 6;
  readonly until: string;
  isWhole = true;
  readonly #lines = new RecordLines();
  #history: History;
  #readings = new Readings();
  #sequence = new RuleOrder();
  #continuity = new Continuity();
  /** Is the last record later than asked for? */
  #isLate = false;
  #seen: Seen = { adapter: '', records: 0, from: '', to: '', latest: '', hash: '' };

  /** @param until RFC 3339 in UTC with milliseconds; absent: all there is */
  constructor(until = '9999') {
    this.until = until;
    this.#history = new History(until, (write) => this.#sequence.take(write));
  }

  kept(): { readonly lines: Iterable<string>; readonly latest: string } {
    return { lines: this.#keptLines(), latest: this.#seen.latest };
  }

  *#keptLines(): Generator<string> {
    const kept: Kept = {
      seen: this.#seen,
      history: this.#history.kept(),
      readings: this.#readings.kept(),
      sequence: this.#sequence.kept(),
      continuity: this.#continuity.kept(),
    };
    yield JSON.stringify(kept);
    for (const object of this.#history.keptObjects()) yield JSON.stringify(object);
  }

  resumption(): Resumption {
    let made: Resumed | undefined;
    return {
      take: (line) => {
        if (made === undefined) made = resumed(JSON.parse(line) as Kept, this.until);
        else made.history.restore(JSON.parse(line) as KeptObject);
      },
      end: () => {
        if (made === undefined) return false;
        [this.#history, this.#readings, this.#sequence] = [made.history, made.readings, made.sequence];
        [this.#seen, this.#continuity] = [made.seen, made.continuity];
        return true;
      },
    };
  }

  goTo(chain: string): void {
    this.#isLate = false;
    this.#continuity.goTo(chain);
  }

  take({ bytes, spans }: Lines): boolean {
    let last: Span | undefined;
    const wasLate = this.#isLate;
    for (const span of spans) {
      const record = this.#lines.read(bytes, span);
      if (record === undefined) continue;
      if (record.at > this.until) {
        // What is missing before it may be of before the moment.
        this.#continuity.add(record);
        this.#isLate = true;
        this.isWhole = false;
        continue;
      }
      this.#isLate = false;
      this.#add(record);
      last = span;
    }
    if (last !== undefined) this.#seen.hash = openLine(textOf(bytes, last))?.hash ?? '';
    // Behind it nothing is earlier, unless its time is wrong: then what comes behind it counts, and one more block tells.
    return last !== undefined || !wasLate || spans.length === 0;
  }

  #add(record: AuditRecord): void {
    this.#continuity.add(record);
    this.#history.add(record);
    const seen = this.#seen;
    seen.records += 1;
    seen.from ||= record.at;
    seen.to = record.at;
    if (record.at > seen.latest) seen.latest = record.at;
    if (record.type === 'begun') seen.adapter = record.adapter;
    if (record.type === 'read') this.#readings.add(record);
  }

  state(): RecordedState {
    const { objects, uncertain, lastRead } = this.#history.state();
    const ranks = this.#sequence.ranks();
    return {
      adapter: this.#seen.adapter,
      records: this.#seen.records,
      from: this.#seen.from,
      to: this.#seen.to,
      hash: this.#seen.hash,
      holes: this.#continuity.holes.filter(({ after }) => after <= this.until),
      byId: grouped([...objects.values()].map((object) => [object.id, object])),
      uncertain,
      lastRead,
      verifiedAt: (object) => this.#readings.verifiedAt(object),
      differs: (object) => this.#readings.differs(object),
      rankOf: (object) => ranks.get(keyOf(object)),
    };
  }
}

type Resumed = ReturnType<typeof resumed>;

function resumed({ seen, history, readings, sequence: order, continuity }: Kept, until: string) {
  const sequence = RuleOrder.resumed(order);
  return {
    seen,
    history: History.resumed(history, until, (write) => sequence.take(write)),
    readings: new Readings(readings),
    sequence,
    continuity: new Continuity(continuity),
  };
}
