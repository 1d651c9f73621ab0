import { genesis, hashOf, openLine, type Head } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import { textOf } from '../../core/audit/lines/lines.ts';
import { UntouchedWrites } from '../../core/audit/writes/untouched-writes.ts';
import { auditRecordSchema, type AuditRecord } from '../../core/audit/record.ts';
import { segmentsIn } from './audit-files.ts';
import { SegmentReader } from './segment-reader.ts';

/** More than are ever in Redis at once. */
const mostHashes = 10_000;

/** The end of a chain. */
export interface Tail {
  /** The last segment; undefined: there is none. */
  readonly segment: string | undefined;
  readonly head: Head;
  /** Hash by number, of the last records. */
  readonly hashes: Map<number, string>;
  /** All writes without a known outcome: a new segment is begun only when there are none. */
  readonly unsettled: UntouchedWrites;
  /** A line that the last writer did not finish. */
  readonly broken: Broken | undefined;
}

export interface Broken {
  /** Empty: a complete record that lacks only its line break. */
  readonly text: string;
  readonly terminated: boolean;
}

/** Reads the end of a chain: its last segment that is not empty. It may be of any length: while a write is open no other is begun. */
export async function readTail(directory: string): Promise<Tail> {
  const segments = await segmentsIn(directory);
  const hashes = await hashesIn(directory, segments.slice(-2));
  let broken: Broken | undefined;
  for (const [index, name] of segments.toReversed().entries()) {
    const read = await readSegment(directory, name);
    // An unfinished line in an older segment stays as it is: only the last segment is appended to.
    if (index === 0) broken = read.broken;
    if (read.head.seq > 0) return { ...read, segment: segments.at(-1), hashes, broken };
  }
  return { segment: segments.at(-1), head: genesis, hashes, unsettled: new UntouchedWrites(), broken };
}

/** Adds one, and lets the oldest go. */
export function rememberHash(hashes: Map<number, string>, seq: number, hash: string): void {
  // A copy: a part of a line keeps the whole line in memory.
  hashes.set(seq, Buffer.from(hash, 'latin1').toString('latin1'));
  if (hashes.size > mostHashes) hashes.delete(hashes.keys().next().value ?? 0);
}

/** Without a check: of lines that this process or one before it has written. */
async function hashesIn(directory: string, segments: readonly string[]): Promise<Map<number, string>> {
  const hashes = new Map<number, string>();
  for (const name of segments)
    for await (const { text } of linesIn(directory, name)) {
      const hash = openLine(text)?.hash;
      const seq = recordIn(text)?.seq;
      if (hash !== undefined && seq !== undefined) rememberHash(hashes, seq, hash);
    }
  return hashes;
}

async function readSegment(directory: string, name: string): Promise<Pick<Tail, 'head' | 'unsettled' | 'broken'>> {
  const unsettled = new UntouchedWrites();
  let head = genesis;
  let broken: Broken | undefined;
  for await (const { text, terminated } of linesIn(directory, name)) {
    const read = recordOf(text);
    const isWhole = terminated ? openLine(text) !== undefined : read !== undefined;
    broken = isWhole && terminated ? undefined : { text: isWhole ? '' : text, terminated };
    if (read === undefined) continue;
    unsettled.add(read.record);
    head = { seq: read.record.seq, hash: read.hash, at: read.record.at };
  }
  return { head, unsettled, broken };
}

interface Line {
  readonly text: string;
  /** Is there a line break behind it? */
  readonly terminated: boolean;
}

async function* linesIn(directory: string, name: string): AsyncGenerator<Line> {
  for await (const { bytes, spans, unfinished } of new SegmentReader().blocks(directory, name, false))
    for (const span of spans) yield { text: textOf(bytes, span), terminated: unfinished !== true };
}

/** Undefined: the line is not a record, or does not have its hash. */
function recordOf(line: string): { readonly record: AuditRecord; readonly hash: string } | undefined {
  const { hash, text } = openLine(line) ?? {};
  if (text === undefined || hash === undefined || hashOf(text) !== hash) return undefined;
  const read = auditRecordSchema().safeParse(recordIn(line));
  return read.success ? { record: read.data, hash } : undefined;
}
