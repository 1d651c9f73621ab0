import { readdir } from 'node:fs/promises';

/** The feeds in a folder: its subfolders. */
export async function feedNames(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return found.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}
