import { mostLineLength } from '../chain.ts';
import { recordIn } from '../history.ts';
import { LineCursor, type Field } from './line-cursor.ts';
import { textOf, type Span } from './lines.ts';
import { Memo } from './memo.ts';
import { areObjects, arePolicies } from '../record-form.ts';
import type { AuditPolicy, AuditReason, AuditRecord, BegunRecord } from '../record.ts';
import { Word } from './word.ts';

type TextField = 'adapter' | 'at' | 'kind' | 'phase' | 'point' | 'reason' | 'title';
type Fields = Readonly<Record<TextField, Field<string>>> & {
  readonly policies: Field<AuditPolicy[]>;
  readonly requests: Field<object[]>;
};

/**
 * Reads the lines of a chain. Nearly all say that members join or leave, or that this was done: of these only the fields that the
 * state needs are read, and what comes again is made once. Canonical JSON has one order of keys and one way to write a value, so that
 * what is read this way is what the whole line says; whatever is written in another way is read as a whole.
 */
export class RecordLines {
  readonly #line = new LineCursor();
  readonly #fields: Fields = {
    adapter: {},
    at: {},
    kind: {},
    phase: {},
    point: {},
    reason: {},
    title: {},
    policies: {},
    requests: {},
  };
  readonly #policies = new Memo(listOf(arePolicies));
  readonly #requests = new Memo(listOf(areObjects));

  /** Undefined: it is no record. */
  read(bytes: Buffer, span: Span): AuditRecord | undefined {
    if (span.end - span.start > mostLineLength) return undefined;
    const line = this.#line;
    line.goTo(bytes, span);
    line.expect(keys.hash);
    line.pass(hashLength);
    line.expect(keys.record);
    const record = line.has(keys.closedAt) ? this.#closed() : this.#begun();
    return line.isThrough ? record : recordIn(textOf(bytes, span));
  }

  /** That a write was done. */
  #closed(): AuditRecord {
    const line = this.#line;
    const fields = this.#fields;
    const at = line.fewTexts(fields.at);
    line.expect(keys.of);
    const of = line.whole();
    line.expect(keys.point);
    line.fewTexts(fields.point);
    line.expect(keys.prev);
    line.pass(hashLength);
    line.expect(keys.endOfText);
    if (line.has(keys.requests)) line.list(fields.requests, this.#requests);
    line.expect(keys.done);
    const seq = line.whole();
    line.expect(keys.closed);
    return { type: 'closed', v: 1, point: '', prev: '', at, of, seq, result: 'done' };
  }

  /** That members join or leave, and nothing else. */
  #begun(): AuditRecord {
    const line = this.#line;
    const fields = this.#fields;
    line.expect(keys.adapter);
    const adapter = line.fewTexts(fields.adapter);
    const add = line.has(keys.add) ? line.texts() : undefined;
    line.expect(keys.at);
    const at = line.fewTexts(fields.at);
    const id = line.has(keys.id) ? line.text() : undefined;
    line.expect(keys.kind);
    const kind = line.fewTexts(fields.kind);
    line.expect(keys.name);
    const name = line.text();
    line.expect(keys.phase);
    line.fewTexts(fields.phase);
    line.expect(keys.point);
    line.fewTexts(fields.point);
    const policies = line.has(keys.policies) ? line.list(fields.policies, this.#policies) : undefined;
    line.expect(keys.prev);
    line.pass(hashLength);
    line.expect(keys.endOfText);
    line.expect(keys.reason);
    const reason = line.fewTexts(fields.reason);
    const remove = line.has(keys.remove) ? line.texts() : undefined;
    line.expect(keys.seq);
    const seq = line.whole();
    const title = line.has(keys.title) ? line.fewTexts(fields.title) : undefined;
    line.expect(keys.begun);
    line.whole();
    line.expect(keys.end);
    // Built field by field: there are millions, and spreading costs more than reading.
    const record: { -readonly [K in keyof BegunRecord]: BegunRecord[K] } = {
      type: 'begun',
      v: 1,
      point: '',
      prev: '',
      version: 0,
      op: 'members',
      phase: 'extend',
      seq,
      adapter,
      at,
      kind,
      name,
      reason: reason as AuditReason,
    };
    if (id !== undefined) record.id = id;
    if (title !== undefined) record.title = title;
    if (policies !== undefined) record.policies = policies;
    if (add !== undefined) record.add = add;
    if (remove !== undefined) record.remove = remove;
    return record;
  }
}

const hashLength = 64;

/** What is before values and behind the last one. */
const keys = {
  hash: Word.of('{"hash":"'),
  record: Word.of('","record":{'),
  closedAt: Word.of('"at":"'),
  of: Word.of(',"of":'),
  point: Word.of(',"point":"'),
  prev: Word.of(',"prev":"'),
  endOfText: Word.of('"'),
  requests: Word.of(',"requests":'),
  done: Word.of(',"result":"done","seq":'),
  closed: Word.of(',"type":"closed","v":1}}'),
  adapter: Word.of('"adapter":"'),
  add: Word.of(',"add":'),
  at: Word.of(',"at":"'),
  id: Word.of(',"id":"'),
  kind: Word.of(',"kind":"'),
  name: Word.of(',"name":"'),
  phase: Word.of(',"op":"members","phase":"'),
  policies: Word.of(',"policies":'),
  reason: Word.of(',"reason":"'),
  remove: Word.of(',"remove":'),
  seq: Word.of(',"seq":'),
  title: Word.of(',"title":"'),
  begun: Word.of(',"type":"begun","v":1,"version":'),
  end: Word.of('}}'),
} as const;

function listOf<T>(isList: (value: unknown) => value is T): (text: string) => T | undefined {
  return (text) => {
    try {
      const value: unknown = JSON.parse(text);
      return isList(value) ? value : undefined;
    } catch {
      return undefined; // what looks like a list is none
    }
  };
}
