import { recordIn } from '../../core/audit/history.ts';
import type { AuditPolicy, AuditReason, AuditRecord, BegunRecord } from '../../core/audit/record.ts';

/**
 * A line that says that members join or leave, and nothing else. Canonical JSON has one order of keys and escapes every quotation
 * mark in a text, so that no text looks like a key; a line with an escape is not matched, and parsed as a whole.
 */
const members =
  /^\{"hash":"\w{64}","record":\{"adapter":"([^"\\]*)",(?:"add":(\[[^\]\\]*\]),)?"at":"([^"\\]*)",(?:"id":"([^"\\]*)",)?"kind":"([^"\\]*)","name":"([^"\\]*)","op":"members","phase":"[a-z]+","point":"[^"\\]*","policies":(\[[^\]\\]*(?:\](?!,"prev":)[^\]\\]*)*\]),"prev":"\w{64}","reason":"([a-z-]+)",(?:"remove":(\[[^\]\\]*\]),)?"seq":(\d+),(?:"title":"([^"\\]*)",)?"type":"begun","v":1,"version":\d+\}\}$/;

/** A line that says that a write succeeded. */
const timeAt = 91;
const ofKey = '"of":';
const resultKey = '"result":"done","seq":';
const closedEnding = ',"type":"closed","v":1}}';

/**
 * Reads lines of a trusted chain. Nearly all say that members join or leave, and that this was done: of these only the fields that
 * the state needs are read, and what repeats is read once.
 */
export class RecordLines {
  readonly #texts = new Map<string, string>();
  readonly #policies = new Map<string, AuditPolicy[]>();
  /** Time of the last record: many have one. */
  #last = '';

  /** Undefined: it is no record. */
  read(line: string): AuditRecord | undefined {
    if (line.endsWith(closedEnding)) return this.#closedIn(line) ?? recordIn(line);
    return this.#membersIn(line) ?? recordIn(line);
  }

  #membersIn(line: string): AuditRecord | undefined {
    const match = members.exec(line);
    if (match === null) return undefined;
    const [, adapter = '', add, at = '', id, kind = '', name = '', policies = '', reason = '', remove, seq, title] =
      match;
    // Built field by field: there are millions, and spreading costs more than reading.
    const record: { -readonly [K in keyof BegunRecord]: BegunRecord[K] } = {
      type: 'begun',
      v: 1,
      point: '',
      prev: '',
      version: 0,
      op: 'members',
      phase: 'extend',
      seq: Number(seq),
      adapter: this.#text(adapter),
      at: this.#time(at),
      kind: this.#text(kind),
      name: this.#text(name),
      policies: this.#policiesIn(policies),
      reason: this.#text(reason) as AuditReason,
    };
    if (id !== undefined) record.id = this.#text(id);
    if (title !== undefined) record.title = this.#text(title);
    if (add !== undefined) record.add = JSON.parse(add) as string[];
    if (remove !== undefined) record.remove = JSON.parse(remove) as string[];
    return record;
  }

  #time(text: string): string {
    if (this.#last !== text) this.#last = fresh(text);
    return this.#last;
  }

  /** Undefined: it is not the end of a write that succeeded, or of another form. */
  #closedIn(line: string): AuditRecord | undefined {
    const resultAt = line.lastIndexOf(resultKey);
    const seqAt = resultAt + resultKey.length;
    const seq = Number(line.slice(seqAt, -closedEnding.length));
    const ofAt = line.indexOf(ofKey, timeAt) + ofKey.length;
    const of = Number(line.slice(ofAt, line.indexOf(',', ofAt)));
    if (resultAt < 0 || !Number.isInteger(seq) || !Number.isInteger(of)) return undefined;
    const at = this.#time(line.slice(timeAt, line.indexOf('"', timeAt)));
    return { type: 'closed', v: 1, point: '', prev: '', at, of, seq, result: 'done' };
  }

  #policiesIn(text: string): AuditPolicy[] {
    const known = this.#policies.get(text);
    if (known !== undefined) return known;
    const read = JSON.parse(text) as AuditPolicy[];
    this.#policies.set(fresh(text), read);
    return read;
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const own = fresh(text);
    this.#texts.set(own, own);
    return own;
  }
}

/** Parsed into a text of its own: a slice would keep everything read with the line in memory. */
function fresh(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
