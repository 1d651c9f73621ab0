import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { genesis, hashOf, openLine, type Head } from '../core/audit/chain.ts';
import { OpenWrites } from '../core/audit/open-writes.ts';
import { auditRecordSchema, type AuditRecord } from '../core/audit/record.ts';

/*
 * How the record lies in a directory: for each point a folder, in it segments named by the number of their first record,
 * `000000000001.jsonl`, and `HEAD`, which says where the chain has got to.
 */

export const headFile = 'HEAD';
export const lockFile = 'LOCK';

export function segmentName(first: number): string {
  return `${String(first).padStart(12, '0')}.jsonl`;
}

/** In the order of the chain. A directory that is not there has none. */
export async function segmentsIn(directory: string): Promise<readonly string[]> {
  return (await entriesIn(directory)).filter(isSegment);
}

export function isSegment(name: string): boolean {
  return /^\d{12}\.jsonl$/.test(name);
}

/** Sorted; of what is not there, or is no directory, none. */
export async function entriesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Names of points hold nothing that a file system minds, but nobody has to believe that. */
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

/** The point that a chain is of: a second one, begun anew after the first was lost, is `edge~2`. */
export function pointOfChain(chain: string): string {
  return chain.replace(/~\d+$/, '');
}

const headSchema = z.strictObject({ seq: z.int().nonnegative(), hash: z.string().length(64), at: z.string() });

/** Always as long, so that it is overwritten in place. */
export function headText(head: Head): string {
  return `${JSON.stringify(head).padEnd(191)}\n`;
}

/** Undefined: there is none, or it cannot be read. */
export async function readHead(directory: string): Promise<Head | undefined> {
  try {
    return headSchema.parse(JSON.parse(await readFile(join(directory, headFile), 'utf8')));
  } catch {
    return undefined;
  }
}

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

/** New names in it outlive a loss of power. */
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
