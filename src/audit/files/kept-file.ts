import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';

/**
 * Keeps a file that can be made anew: complete under its name, or not there, since somebody else may read it, or make it, at the
 * same time. Does without it where the directory may not be written to.
 *
 * @returns whether it is kept
 */
export async function keepFile(path: string, content: readonly (string | Buffer)[]): Promise<boolean> {
  // Nobody else's: processes in two containers have one number, and who foresees a name can lay a link there.
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

/** A file as it is: whatever is written to it, or put in its place, has another time of change. */
export function stampOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}
