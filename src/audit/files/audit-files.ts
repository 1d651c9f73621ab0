import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Head } from '../../core/audit/chain.ts';

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
