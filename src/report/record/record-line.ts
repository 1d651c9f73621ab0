import { recordIn } from '../../core/audit/history.ts';
import type { AuditRecord } from '../../core/audit/record.ts';

/** Where the time begins: after `{"hash":"<64>","record":{"at":"`. */
const timeAt = 91;
const ofKey = '"of":';
const resultKey = '"result":"done","seq":';
const ending = ',"type":"closed","v":1}}';

/**
 * The record in a line of a trusted chain. Every second line says that a write succeeded; of these only three fields are read.
 * Canonical JSON has one order of keys and escapes every quotation mark in a text, so no other line looks like them.
 */
export function recordOf(line: string): AuditRecord | undefined {
  if (!line.endsWith(ending)) return recordIn(line);
  const resultAt = line.lastIndexOf(resultKey);
  const seqAt = resultAt + resultKey.length;
  const seq = Number(line.slice(seqAt, -ending.length));
  const ofAt = line.indexOf(ofKey, timeAt) + ofKey.length;
  const of = Number(line.slice(ofAt, line.indexOf(',', ofAt)));
  if (resultAt < 0 || !Number.isInteger(seq) || !Number.isInteger(of)) return recordIn(line);
  // Parsed into a text of its own: a slice would keep everything read with the line in memory.
  const at = JSON.parse(line.slice(timeAt - 1, line.indexOf('"', timeAt) + 1)) as string;
  return { type: 'closed', v: 1, point: '', prev: '', at, of, seq, result: 'done' };
}
