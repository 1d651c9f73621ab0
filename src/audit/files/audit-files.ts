import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { genesis, hashOf, openLine, type Head } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import { OpenWrites } from '../../core/audit/open-writes.ts';
import { auditRecordSchema, type AuditRecord } from '../../core/audit/record.ts';

/*
 * The files of the record: one folder for each point. It holds segments, each named by the number of its first record
 * (`000000000001.jsonl`), and `HEAD`, the number and hash of the last record.
 */

export const headFile = 'HEAD';
export const lockFile = 'LOCK';

export function segmentName(first: number): string {
  return `${String(first).padStart(12, '0')}.jsonl`;
}

/** The segments of a chain, in its order; none for a directory that does not exist. */
export async function segmentsIn(directory: string): Promise<readonly string[]> {
  return (await entriesIn(directory)).filter(isSegment);
}

export function isSegment(name: string): boolean {
  return /^\d{12}\.jsonl$/.test(name);
}

/** Names in a directory, sorted; none if it does not exist or is not a directory. */
export async function entriesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** The folder of a point. The API server admits only names that are safe in a path; this does not rely on it. */
export function folderOf(point: string): string {
  return encodeURIComponent(point).replace(/^\./, '%2E');
}

export function pointOf(folder: string): string {
  try {
    return decodeURIComponent(folder);
  } catch {
    return folder;
  }
}

/** The point of a chain. A second chain of point `edge`, begun after the first was lost, is called `edge~2`. */
export function pointOfChain(chain: string): string {
  return chain.replace(/~\d+$/, '');
}

const headSchema = z.strictObject({ seq: z.int().nonnegative(), hash: z.string().length(64), at: z.string() });

/** Padded to a fixed length, so that it can be overwritten in place. */
export function headText(head: Head): string {
  return `${JSON.stringify(head).padEnd(191)}\n`;
}

/** Undefined: there is no head, or it cannot be read. */
export async function readHead(directory: string): Promise<Head | undefined> {
  try {
    return headSchema.parse(JSON.parse(await readFile(join(directory, headFile), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The end of a chain. */
export interface Tail {
  /** The last segment; undefined: there is none. */
  readonly segment: string | undefined;
  readonly head: Head;
  /** Hash by number, of the records of the last segments. */
  readonly hashes: ReadonlyMap<number, string>;
  /** All writes without a known outcome: a new segment is begun only when there are none. */
  readonly unsettled: OpenWrites;
  /** A line that the last writer did not finish. */
  readonly broken: Broken | undefined;
}

export interface Broken {
  /** Empty: a complete record that lacks only its line break. */
  readonly text: string;
  readonly terminated: boolean;
}

/** Reads the end of a chain: its last segment that is not empty. */
export async function readTail(directory: string): Promise<Tail> {
  const segments = await segmentsIn(directory);
  const hashes = await hashesIn(directory, segments.slice(-2));
  let broken: Broken | undefined;
  for (const [index, name] of segments.toReversed().entries()) {
    const read = readSegment(await readFile(join(directory, name), 'utf8'));
    // An unfinished line in an older segment stays as it is: only the last segment is appended to.
    if (index === 0) broken = read.broken;
    if (read.head.seq > 0) return { ...read, segment: segments.at(-1), hashes, broken };
  }
  return { segment: segments.at(-1), head: genesis, hashes, unsettled: new OpenWrites(), broken };
}

/** Hash by number, without a check: of lines that this process or one before it has written. */
async function hashesIn(directory: string, segments: readonly string[]): Promise<ReadonlyMap<number, string>> {
  const hashes = new Map<number, string>();
  for (const name of segments)
    for (const line of (await readFile(join(directory, name), 'utf8')).split('\n')) {
      const hash = openLine(line)?.hash;
      const seq = recordIn(line)?.seq;
      if (hash !== undefined && seq !== undefined) hashes.set(seq, hash);
    }
  return hashes;
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

/** Undefined: the line is not a record, or does not have its hash. */
function recordOf(line: string): { readonly record: AuditRecord; readonly hash: string } | undefined {
  const { hash, text } = openLine(line) ?? {};
  if (text === undefined || hash === undefined || hashOf(text) !== hash) return undefined;
  const read = auditRecordSchema.safeParse(recordIn(line));
  return read.success ? { record: read.data, hash } : undefined;
}

/** Flushes a directory to disk, so that new file names survive a power loss. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
