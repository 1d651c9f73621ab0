import { recordIn } from '../../core/audit/history.ts';
import type { AuditRecord } from '../../core/audit/record.ts';

/** Where the time begins: behind `{"hash":"<64>","record":{"at":"`. */
const timeAt = 91;
const ofKey = '"of":';
const resultKey = '"result":"done","seq":';
const ending = ',"type":"closed","v":1}}';

/**
 * The record in a line of a chain that is believed. Every second line says that a write went well: of these, no more is
 * read than that. Keys of canonical JSON have one order, and no text in it holds a quotation mark that is not escaped,
 * so that nothing else looks like it.
 */
export function recordOf(line: string): AuditRecord | undefined {
  if (!line.endsWith(ending)) return recordIn(line);
  const resultAt = line.lastIndexOf(resultKey);
  const seqAt = resultAt + resultKey.length;
  const seq = Number(line.slice(seqAt, -ending.length));
  const ofAt = line.indexOf(ofKey, timeAt) + ofKey.length;
  const of = Number(line.slice(ofAt, line.indexOf(',', ofAt)));
  if (resultAt < 0 || !Number.isInteger(seq) || !Number.isInteger(of)) return recordIn(line);
  // Parsed, so that it is a text of its own: a slice would keep all that was read with the line in memory.
  const at = JSON.parse(line.slice(timeAt - 1, line.indexOf('"', timeAt) + 1)) as string;
  return { type: 'closed', v: 1, point: '', prev: '', at, of, seq, result: 'done' };
}
