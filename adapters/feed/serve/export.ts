import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { makeFolder } from '../../../src/files/make-folder.ts';
import { Publication } from '../formats/publication.ts';
import { readDocument } from '../document/document.ts';
import { folderStore } from '../store/folder.ts';
import { feedNames } from './feed-folders.ts';
import { manifestOf } from './manifest.ts';

export interface ExportOptions {
  /** Its subfolders are feeds. */
  readonly feeds: string;
  /** Gets a folder for each feed. */
  readonly to: string;
  readonly key: KeyObject | undefined;
}

/**
 * Writes what is published as plain files, for any web server or bucket: each file whole, those that are right left alone, the manifest last. A
 * list that no longer exists stays as an empty file. If a feed cannot be read or published, its files stay unchanged.
 *
 * @returns what kept feeds from being written, by feed
 */
export async function exportFeeds({ feeds, to, key }: ExportOptions): Promise<ReadonlyMap<string, string>> {
  const troubles = new Map<string, string>();
  for (const name of await feedNames(feeds)) {
    try {
      await exportFeed(join(feeds, name), join(to, name), key);
    } catch (error) {
      troubles.set(name, error instanceof Error ? error.message : 'it cannot be written');
    }
  }
  return troubles;
}

async function exportFeed(feed: string, to: string, key: KeyObject | undefined): Promise<void> {
  const stored = await folderStore(feed).read();
  if (stored === undefined || stored === 'unchanged') throw new Error('nothing has been published yet');
  const publication = new Publication(readDocument(stored.text));
  const paths = new Set([...publication.paths(), ...(await filesIn(to))]);
  const bodies = [...paths].flatMap((path) => {
    const published = publication.find(path);
    return published === undefined ? [] : [[path, published.body] as const];
  });
  const { body, signature } = manifestOf(publication, key);
  for (const [path, content] of bodies) await replace(join(to, path), content);
  if (signature !== undefined) await replace(join(to, 'manifest.json.sig'), Buffer.from(signature));
  await replace(join(to, 'manifest.json'), Buffer.from(body));
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

async function replace(path: string, content: Buffer): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(content) === true) return;
  await makeFolder(dirname(path));
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
