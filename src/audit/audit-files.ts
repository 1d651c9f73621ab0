import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Head } from '../core/audit/chain.ts';

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
