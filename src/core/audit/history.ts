import { keyOf } from '../model/resource.ts';
import type { AuditPolicy, AuditReason, AuditRecord, AuditRule, BegunRecord } from './record.ts';

/** An object on a device as the record tells it. */
export interface ObjectAt {
  readonly kind: string;
  readonly name: string;
  /** Id of the rule or group that it is there for; empty for what many share. */
  readonly id: string;
  readonly title: string;
  readonly policies: readonly AuditPolicy[];
  /** The device-neutral rule that it stands for; undefined for everything but rules. */
  readonly rule: AuditRule | undefined;
  /** In the device's own words. */
  readonly spec: BegunRecord['after'];
  readonly members: ReadonlySet<string>;
  /** False when a record had no room for all members, so that some may be missing here. */
  readonly exact: boolean;
  /** RFC 3339: when it came, and when it was changed last, and why then. */
  readonly since: string;
  readonly changedAt: string;
  readonly reason: AuditReason;
  /** When reading the device first confirmed it as it is; empty: not yet. */
  readonly confirmedAt: string;
}

/** One enforcement point at one time. */
export interface PointAt {
  readonly point: string;
  /** Time and number of the last record that counts. */
  readonly at: string;
  readonly seq: number;
  /** By kind and name. */
  readonly objects: ReadonlyMap<string, ObjectAt>;
  /** What had been sent by then, or was about to be, without its outcome being known. */
  readonly uncertain: readonly BegunRecord[];
  /** The last time the device was read. */
  readonly lastRead: { readonly at: string; readonly complete: boolean; readonly differences: number } | undefined;
}

type Known = { -readonly [K in keyof ObjectAt]: ObjectAt[K] } & {
  readonly members: Set<string>;
  /** Number of the last write. */
  seq: number;
};

/** Folds the records of one point into what was on its device at a time; constant work for each, but for its members. */
export class History {
  readonly #until: string;
  readonly #objects = new Map<string, Known>();
  readonly #uncertain = new Map<number, BegunRecord>();
  readonly #touched = new Set<Known>();
  #last = { point: '', at: '', seq: 0 };
  #lastRead: PointAt['lastRead'];

  /** @param until RFC 3339 in UTC with milliseconds; records after it do not count. Absent: all do */
  constructor(until = '9999') {
    this.#until = until;
  }

  /** In the order of the chain. False: this record, and with it all that follow, is later than asked for. */
  add(record: AuditRecord): boolean {
    if (record.at > this.#until) return false;
    const { point, at, seq } = record;
    this.#last = { point, at, seq };
    switch (record.type) {
      case 'begun':
        this.#uncertain.set(seq, record);
        break;
      case 'closed':
        this.#close(record);
        break;
      case 'read':
        this.#read(record);
        break;
      case 'torn':
        break;
    }
    return true;
  }

  /** As long as nothing more is added. */
  state(): PointAt {
    const uncertain = [...this.#uncertain.values()];
    return { ...this.#last, objects: this.#objects, uncertain, lastRead: this.#lastRead };
  }

  #close({ of, result, unknown, at }: Extract<AuditRecord, { type: 'closed' }>): void {
    const write = this.#uncertain.get(of);
    if (write === undefined || result === 'pending' || unknown === true) return;
    this.#uncertain.delete(of);
    if (result === 'done' || result === 'found-done') this.#apply(write, at);
  }

  #read({ at, upTo, complete, differing, differences }: Extract<AuditRecord, { type: 'read' }>): void {
    this.#lastRead = { at, complete, differences };
    if (!complete || differences > differing.length) return;
    const differs = new Set(differing);
    for (const object of this.#touched) {
      if (object.seq > upTo || differs.has(`${object.kind} ${object.name}`)) continue;
      object.confirmedAt = at;
      this.#touched.delete(object);
    }
  }

  #apply(write: BegunRecord, at: string): void {
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

function newObject({ kind, name, reason, seq }: BegunRecord, at: string): Known {
  const about = { id: '', title: '', policies: [], rule: undefined, spec: undefined };
  const times = { since: at, changedAt: at, confirmedAt: '' };
  return { kind, name, ...about, members: new Set(), exact: true, ...times, reason, seq };
}

/** What a write does not say stays as it was. In place: a record may be one of millions. */
function change(object: Known, write: BegunRecord, at: string): void {
  const { id, title, policies, rule, after, add, remove, omitted } = write;
  if (id !== undefined) object.id = id;
  if (title !== undefined) object.title = title;
  if (policies !== undefined) object.policies = policies;
  if (rule !== undefined) object.rule = rule;
  if (after !== undefined) object.spec = after;
  if (omitted !== undefined) object.exact = false;
  for (const member of remove ?? []) object.members.delete(member);
  for (const member of add ?? []) object.members.add(member);
  object.changedAt = at;
  object.confirmedAt = '';
  object.reason = write.reason;
  object.seq = write.seq;
}

/**
 * What was on the device of one point at a time. One pass, one line in memory at a time; believes what it reads
 * (`ChainVerifier` is who doubts) and passes over lines that are none.
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

/** The record in a line of a chain that is believed. */
export function recordIn(line: string): AuditRecord | undefined {
  if (!line.startsWith('{"hash":"')) return undefined;
  try {
    return (JSON.parse(line) as { readonly record: AuditRecord }).record;
  } catch {
    return undefined; // its writer left it half written
  }
}
