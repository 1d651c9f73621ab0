import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Keeps a file that can be made again: complete under its name, or not there, since somebody else may read it, or make it, at the
 * same time. Does without it where the directory may not be written to.
 *
 * @returns whether it is kept
 */
export async function keepFile(path: string, content: readonly (string | Buffer)[]): Promise<boolean> {
  // A random name: processes in two containers can have the same number, and a foreseeable name could be prepared as a link.
  const own = `${path}.${randomUUID()}`;
  try {
    await writeFile(own, content, { mode: 0o640, flag: 'wx' });
    await rename(own, path);
    return true;
  } catch {
    await rm(own, { force: true }).catch(() => undefined);
    return false;
  }
}

/** Longer than it takes to write one. */
const mostWritingMs = 86_400_000;
/** What `keepFile` writes beside a segment before it has its name. */
const unnamed = /^\d{12}\.(?:state|index)\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Removes what was left by those who were killed while they kept a file, where it may be removed.
 *
 * @param names of all that is in the folder
 */
export async function removeLeftovers(folder: string, names: Iterable<string>): Promise<void> {
  for (const name of names) if (unnamed.test(name)) await removeOld(join(folder, name)).catch(() => undefined);
}

async function removeOld(path: string): Promise<void> {
  const { mtimeMs } = await lstat(path);
  // eslint-disable-next-line no-restricted-syntax -- the time of a file is of that clock
  if (Date.now() - mtimeMs > mostWritingMs) await rm(path);
}

/** A file as it is: whatever is written to it, or put in its place, has another time of change. */
export function stampOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}
