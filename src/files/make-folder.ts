import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, as `mkdir -p` does. Each is tried once: where a file system forbids new folders,
 * that is told at once. Node's own `recursive` goes on for ever there.
 *
 * @throws an error of the system; its message names the folder that cannot be made
 */
export async function makeFolder(path: string): Promise<void> {
  await make(path).catch(async (error: unknown) => {
    const above = dirname(path);
    if (!isMissing(error) || above === path) throw error;
    await makeFolder(above);
    await make(path);
  });
}

/** One that is there, made by somebody else in the meantime or not, is as good. */
async function make(path: string): Promise<void> {
  await mkdir(path).catch(async (error: unknown) => {
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
