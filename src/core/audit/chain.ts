import { createHash } from 'node:crypto';
import { canonical } from '../model/json.ts';
import type { AuditEntry, AuditRecord } from './record.ts';

/*
 * A line is `{"hash":"<64 hex>","record":{...}}` in canonical JSON (RFC 8785). The hash is the SHA-256 of the text of
 * the
 * record, which contains the hash of the record before it. It can be checked without this program:
 *
 *   jq -cSj .record | sha256sum
 */

/**
 * The last record of a chain. Compared with a head that was kept elsewhere, a chain that was cut or rewritten is found
 * out.
 */
export interface Head {
  /** Number of the last record, which is also the count of records. */
  readonly seq: number;
  readonly hash: string;
  /** Time of the last record, RFC 3339; empty before the first. */
  readonly at: string;
}

export const genesis: Head = { seq: 0, hash: '0'.repeat(64), at: '' };

export interface Sealed {
  readonly line: string;
  readonly record: AuditRecord;
  readonly head: Head;
}

/**
 * Turns an entry into the next record of a chain.
 *
 * @param now RFC 3339 in UTC with milliseconds; if it is before the last record, the record gets the time of that one
 */
export function seal(entry: AuditEntry, point: string, { seq, hash, at }: Head, now: string): Sealed {
  const late = now < at;
  const record: AuditRecord = {
    ...entry,
    v: 1,
    point,
    seq: seq + 1,
    at: late ? at : now,
    ...(late && { clock: now }),
    prev: hash,
  };
  const { hash: own, line } = lineOf(record);
  return { line, record, head: { seq: record.seq, hash: own, at: record.at } };
}

/** The line of a record that has its place in a chain. */
export function lineOf(record: AuditRecord): { readonly line: string; readonly hash: string } {
  const text = canonical(record);
  const hash = hashOf(text);
  return { line: `${opening}${hash}${middle}${text}}`, hash };
}

const opening = '{"hash":"';
const middle = '","record":';
const hashStart = opening.length;
const hashEnd = hashStart + 64;
const textStart = hashEnd + middle.length;

/** Characters. The longest lines that are written have two lists of 512 KiB, and the object before or after: some 2 MiB. */
export const mostLineLength = 2 ** 24;

/** False: it is not a line of a chain, or longer than any. */
export function beginsLine(line: string): boolean {
  return line.startsWith(opening) && line.length <= mostLineLength;
}

export interface OpenedLine {
  readonly hash: string;
  /** The text of the record, over which the hash is taken. */
  readonly text: string;
}

/** Splits a line into hash and record without parsing them. Undefined: it is not a line of a chain. */
export function openLine(line: string): OpenedLine | undefined {
  const hash = line.slice(hashStart, hashEnd);
  const framed = beginsLine(line) && line.startsWith(middle, hashEnd) && line.endsWith('}}');
  return framed && /^[0-9a-f]{64}$/.test(hash) ? { hash, text: line.slice(textStart, -1) } : undefined;
}

/** SHA-256 of UTF-8 text, in hexadecimal. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
