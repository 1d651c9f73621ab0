import { keyOf } from '../model/resource.ts';
import { beginsLine } from './chain.ts';
import { isRecord } from './record-form.ts';
import { doneOf, inDoubtOf, OpenWrites } from './writes/open-writes.ts';
import type { KeptWrites } from './writes/outcomes.ts';
import type { AuditPolicy, AuditReason, AuditRecord, AuditRule, BegunRecord, ClosedRecord } from './record.ts';

/** An object on a device, according to the record. */
export interface ObjectAt {
  readonly kind: string;
  readonly name: string;
  /** Id of the rule or group that it stands for; empty for an object that several share. */
  readonly id: string;
  readonly title: string;
  readonly policies: readonly AuditPolicy[];
  /** The device-neutral rule that it stands for; undefined unless it is a rule. */
  readonly rule: AuditRule | undefined;
  readonly members: ReadonlySet<string>;
  /** False when a record did not hold all members, so that some may be missing here. */
  readonly exact: boolean;
  /** When it was created, and when and why it was changed last; RFC 3339. */
  readonly since: string;
  readonly changedAt: string;
  readonly reason: AuditReason;
  /** When a reading of the device first confirmed it after its last change, RFC 3339; empty: not yet. */
  readonly confirmedAt: string;
}

/** What was on the device of an enforcement point at one time. */
export interface PointAt {
  readonly point: string;
  /** Time and number of the last record up to that time. */
  readonly at: string;
  readonly seq: number;
  /** By kind and name. */
  readonly objects: ReadonlyMap<string, ObjectAt>;
  /** Writes that had been begun by then and of which it was not known whether the device had them. */
  readonly uncertain: readonly BegunRecord[];
  /** The last time the device was read. */
  readonly lastRead: { readonly at: string; readonly complete: boolean; readonly differences: number } | undefined;
}

type Known = { -readonly [K in keyof ObjectAt]: ObjectAt[K] } & {
  readonly members: Set<string>;
  /** Number of the last write. */
  seq: number;
};

/** All that a history knows beside objects, as it can be written down as JSON. */
export interface KeptHistory {
  readonly last: Pick<PointAt, 'point' | 'at' | 'seq'>;
  readonly lastRead?: PointAt['lastRead'];
  readonly writes: KeptWrites<BegunRecord>;
  readonly inDoubt: readonly [before: readonly BegunRecord[], now: readonly BegunRecord[]];
}

/** The same of an object. `touched`: no reading has confirmed it as it is. */
export type KeptObject = Omit<Known, 'members'> & {
  readonly members: readonly string[];
  readonly touched?: true;
};

/**
 * Applies the records of one point, one by one, to what was on its device. Each takes constant time, apart from its
 * members.
 */
export class History {
  readonly #until: string;
  readonly #onDone: (write: BegunRecord) => void;
  readonly #objects = new Map<string, Known>();
  #writes = new OpenWrites();
  /** A reading that was under way when a write came into doubt may be from before: the one after that is not. */
  #inDoubt: KeptHistory['inDoubt'] = [[], []];
  readonly #touched = new Set<Known>();
  #last = { point: '', at: '', seq: 0 };
  #lastRead: PointAt['lastRead'];

  /**
   * @param until RFC 3339 in UTC with milliseconds: later records are ignored. Absent: none is
   * @param onDone told of each write that the device has carried out
   */
  constructor(until = '9999', onDone: (write: BegunRecord) => void = () => undefined) {
    this.#until = until;
    this.#onDone = onDone;
  }

  /** As it was when this was kept, but for the objects. */
  static resumed(kept: KeptHistory, until: string, onDone: (write: BegunRecord) => void): History {
    const history = new History(until, onDone);
    history.#last = kept.last;
    history.#lastRead = kept.lastRead;
    history.#writes = new OpenWrites(kept.writes);
    history.#inDoubt = kept.inDoubt;
    return history;
  }

  /** In the order in which they were kept. */
  restore(kept: KeptObject): void {
    const object = knownOf(kept);
    this.#objects.set(keyOf(object), object);
    if (kept.touched) this.#touched.add(object);
  }

  kept(): KeptHistory {
    return { last: this.#last, lastRead: this.#lastRead, writes: this.#writes.kept(), inDoubt: this.#inDoubt };
  }

  /** In the order in which they came. */
  *keptObjects(): Generator<KeptObject> {
    for (const object of this.#objects.values())
      yield { ...object, members: [...object.members], ...(this.#touched.has(object) && { touched: true as const }) };
  }

  /** Records come in the order of the chain. False: this record, and therefore every later one, is after `until`. */
  add(record: AuditRecord): boolean {
    if (record.at > this.#until) return false;
    const { point, at, seq } = record;
    this.#last = { point, at, seq };
    switch (record.type) {
      case 'begun':
        this.#writes.add(record);
        break;
      case 'closed':
        this.#close(record);
        break;
      case 'read':
        this.#read(record);
        break;
      case 'torn':
      case 'lost':
        break;
    }
    return true;
  }

  /** A view that is valid until the next record is added. */
  state(): PointAt {
    const uncertain = [...this.#inDoubt.flat(), ...this.#writes.list()];
    return { ...this.#last, objects: this.#objects, uncertain, lastRead: this.#lastRead };
  }

  #close(record: ClosedRecord): void {
    const closed = this.#writes.close(record);
    if (closed.effect === 'partly-done')
      this.#inDoubt = [this.#inDoubt[0], [...this.#inDoubt[1], inDoubtOf(closed.inDoubt, closed.write)]];
    const done = doneOf(closed);
    if (done !== undefined) this.#done(done, record.at);
  }

  #done(write: BegunRecord, at: string): void {
    this.#apply(write, at);
    this.#onDone(write);
  }

  #read({ at, upTo, complete, differing, differences }: Extract<AuditRecord, { type: 'read' }>): void {
    this.#lastRead = { at, complete, differences };
    if (!complete || differences > differing.length) return;
    if (this.#inDoubt.flat().length > 0) this.#inDoubt = [this.#inDoubt[1], []];
    const differs = new Set(differing);
    for (const object of this.#touched) {
      if (object.seq > upTo || differs.has(`${object.kind} ${object.name}`)) continue;
      object.confirmedAt = at;
      this.#touched.delete(object);
    }
  }

  #apply(write: BegunRecord, at: string): void {
    if (write.reason === 'adopted') return; // an object of others
    const key = keyOf(write);
    const known = this.#objects.get(key);
    if (write.op === 'delete') {
      if (known !== undefined) this.#touched.delete(known);
      this.#objects.delete(key);
      return;
    }
    const object = known ?? newObject(write, at);
    if (known === undefined) this.#objects.set(key, object);
    change(object, write, at);
    this.#touched.add(object);
  }
}

/** Of which nothing but this is known. */
function newObject({ kind, name, reason, seq }: BegunRecord, at: string): Known {
  const nothing = { id: '', title: '', policies: [], rule: undefined, members: [], exact: true, confirmedAt: '' };
  return knownOf({ kind, name, ...nothing, since: at, changedAt: at, reason, seq });
}

/** Field by field, so that all of them have one shape: there are tens of thousands. */
function knownOf(kept: KeptObject): Known {
  const { kind, name, id, title, policies, rule, exact, since, changedAt, confirmedAt, reason, seq } = kept;
  const members = new Set(kept.members);
  return { kind, name, id, title, policies, rule, members, exact, since, changedAt, confirmedAt, reason, seq };
}

/**
 * Fields that a write does not name stay as they are. Changes the object in place, as there may be millions of records.
 */
function change(object: Known, write: BegunRecord, at: string): void {
  const { id, title, policies, rule, add, remove, omitted } = write;
  if (id !== undefined) object.id = id;
  if (title !== undefined) object.title = title;
  if (policies !== undefined) object.policies = policies;
  if (rule !== undefined) object.rule = rule;
  if (omitted !== undefined) object.exact = false;
  for (const member of remove ?? []) object.members.delete(member);
  for (const member of add ?? []) object.members.add(member);
  object.changedAt = at;
  object.confirmedAt = '';
  object.reason = write.reason;
  object.seq = Math.max(object.seq, write.seq);
}

/**
 * What was on the device of one point at a time. Reads the lines once, and holds one of them at a time. It does not
 * check
 * the chain (`ChainVerifier` does), and skips lines that cannot be parsed.
 *
 * @param lines of the point's chain, in order
 * @param until RFC 3339 in UTC with milliseconds
 */
export function pointAt(lines: Iterable<string>, until?: string): PointAt {
  const history = new History(until);
  for (const line of lines) {
    const record = recordIn(line);
    if (record !== undefined && !history.add(record)) break;
  }
  return history.state();
}

/** The record in a line. Its fields are as it says, but for those that are gone through: a line may be anybody's. Undefined: it is none. */
export function recordIn(line: string): AuditRecord | undefined {
  if (!beginsLine(line)) return undefined;
  try {
    const { record } = JSON.parse(line) as { readonly record: unknown };
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined; // its writer did not finish it
  }
}
