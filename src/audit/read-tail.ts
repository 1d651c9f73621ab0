import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { genesis, hashOf, openLine, type Head } from '../core/audit/chain.ts';
import { auditRecordSchema, type AuditRecord } from '../core/audit/record.ts';
import { OpenWrites } from '../core/audit/open-writes.ts';
import { segmentsIn } from './audit-files.ts';

/** Where a chain ends. */
export interface Tail {
  /** The last segment; undefined: there is none. */
  readonly segment: string | undefined;
  readonly head: Head;
  /** Nothing that is open lies further back: a segment is ended only when all is settled. */
  readonly unsettled: OpenWrites;
  /** What its last writer left half written. */
  readonly broken: Broken | undefined;
}

export interface Broken {
  /** Empty: a whole record, which only lacks its end of line. */
  readonly text: string;
  readonly terminated: boolean;
}

/** Reads the end of a chain, as little of it as tells. */
export async function readTail(directory: string): Promise<Tail> {
  const segments = await segmentsIn(directory);
  let broken: Broken | undefined;
  for (const [index, name] of segments.toReversed().entries()) {
    const read = readSegment(await readFile(join(directory, name), 'utf8'));
    // Of an older segment, behind which only empty ones are, the end is not ours to mend.
    if (index === 0) broken = read.broken;
    if (read.head.seq > 0) return { ...read, segment: segments.at(-1), broken };
  }
  return { segment: segments.at(-1), head: genesis, unsettled: new OpenWrites(), broken };
}

function readSegment(text: string): Pick<Tail, 'head' | 'unsettled' | 'broken'> {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const unsettled = new OpenWrites();
  let head = genesis;
  const follow = (line: string): boolean => {
    const read = recordOf(line);
    if (read === undefined) return false;
    unsettled.add(read.record);
    head = { seq: read.record.seq, hash: read.hash, at: read.record.at };
    return true;
  };
  for (const line of lines) follow(line);
  const last = lines.at(-1);
  if (rest !== '') return { broken: { text: follow(rest) ? '' : rest, terminated: false }, head, unsettled };
  const halved = last !== undefined && openLine(last) === undefined;
  return { broken: halved ? { text: last, terminated: true } : undefined, head, unsettled };
}

/** Undefined: this is no record, or it does not say what it was written to say. */
function recordOf(line: string): { readonly record: AuditRecord; readonly hash: string } | undefined {
  const { hash, text } = openLine(line) ?? {};
  if (text === undefined || hash === undefined || hashOf(text) !== hash) return undefined;
  const read = auditRecordSchema.safeParse(JSON.parse(text));
  return read.success ? { record: read.data, hash } : undefined;
}
