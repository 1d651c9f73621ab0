import { openLine } from '../../core/audit/chain.ts';
import { History, type ObjectAt, type PointAt } from '../../core/audit/history.ts';
import type { AuditRecord, BegunRecord } from '../../core/audit/record.ts';
import { grouped } from '../../core/model/grouped.ts';
import { keyOf, type ResourceKey } from '../../core/model/resource.ts';
import { RecordLines } from './record-line.ts';
import { RuleOrder } from './rule-order.ts';

/** The state of one point up to a moment, by its record. */
export interface RecordedState extends Pick<PointAt, 'uncertain' | 'lastRead'> {
  readonly adapter: string;
  readonly records: number;
  /** Times of the first and the last record. */
  readonly from: string;
  readonly to: string;
  /** Hash of the last record. */
  readonly hash: string;
  /** Objects by the rule or group that they serve. */
  readonly byId: ReadonlyMap<string, readonly ObjectAt[]>;
  /** When a reading last confirmed it as it is now; `''`: none has. */
  readonly verifiedAt: (object: ObjectAt) => string;
  /** Whether it was different when the device was last read. */
  readonly differs: (object: ObjectAt) => boolean;
  /** Its position in its table; undefined: it has none, or it is not known. */
  readonly rankOf: (object: ObjectAt) => number | undefined;
}

/** Reads the chain of a point line by line, one in memory at a time. */
export class RecordedStateReader {
  readonly #history: History;
  readonly #lines = new RecordLines();
  readonly #readings = new Readings();
  readonly #sequence = new RuleOrder();
  readonly #begun = new Map<number, BegunRecord>();
  #adapter = '';
  #records = 0;
  #from = '';
  #to = '';
  #lastLine = '';

  /** @param until RFC 3339 in UTC with milliseconds; absent: all there is */
  constructor(until?: string) {
    this.#history = new History(until);
  }

  /** In the order of the chain. False: this line and all after it are later than asked for. */
  line(text: string): boolean {
    const record = this.#lines.read(text);
    if (record === undefined) return true;
    if (!this.#history.add(record)) return false;
    this.#records += 1;
    this.#from ||= record.at;
    this.#to = record.at;
    this.#lastLine = text;
    this.#follow(record);
    return true;
  }

  state(): RecordedState {
    const { objects, uncertain, lastRead } = this.#history.state();
    const ranks = this.#sequence.ranks();
    return {
      adapter: this.#adapter,
      records: this.#records,
      from: this.#from,
      to: this.#to,
      hash: openLine(this.#lastLine)?.hash ?? '',
      byId: grouped([...objects.values()].map((object) => [object.id, object])),
      uncertain,
      lastRead,
      verifiedAt: (object) => this.#readings.verifiedAt(object),
      differs: (object) => this.#readings.differs(object),
      rankOf: (object) => ranks.get(keyOf(object)),
    };
  }

  #follow(record: AuditRecord): void {
    switch (record.type) {
      case 'begun':
        this.#adapter = record.adapter;
        if (record.op === 'delete' || record.placeAfter !== undefined) this.#begun.set(record.seq, record);
        break;
      case 'closed': {
        const write = this.#begun.get(record.of);
        if (write === undefined || record.result === 'pending' || record.unknown === true) break;
        this.#begun.delete(record.of);
        if (record.result === 'done' || record.result === 'found-done') this.#sequence.take(write);
        break;
      }
      case 'read':
        this.#readings.add(record);
        break;
      case 'torn':
      case 'lost':
        break;
    }
  }
}

/** When a reading last confirmed each object. Keeps only the objects that differed. */
class Readings {
  #last = '';
  #differing = new Map<string, string>();

  add({ at, complete, differing, differences }: Extract<AuditRecord, { type: 'read' }>): void {
    if (!complete || differences > differing.length) return;
    const before = this.#differing;
    // The reading before the first one in a row that found it different.
    this.#differing = new Map(differing.map((name) => [name, before.get(name) ?? this.#last]));
    this.#last = at;
  }

  verifiedAt(object: ObjectAt): string {
    if (object.confirmedAt === '') return '';
    const seen = this.#differing.get(nameOf(object)) ?? this.#last;
    return seen > object.confirmedAt ? seen : object.confirmedAt;
  }

  differs(object: ObjectAt): boolean {
    return this.#differing.has(nameOf(object));
  }
}

function nameOf({ kind, name }: ResourceKey): string {
  return `${kind} ${name}`;
}
