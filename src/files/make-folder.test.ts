import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { aFolder } from '../../test/kit/folders.ts';
import { makeFolder } from './make-folder.ts';

describe('A folder', () => {
  const here = aFolder();
  beforeAll(async () => {
    await writeFile(join(here, 'file'), '');
  });

  it('is made with those above it, by several at once', async () => {
    const path = join(here, 'a', 'b', 'c');
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(here, 'a'))]);
    expect(await readdir(path)).toEqual([]);
  });

  it.each([
    ['a file is in the way', () => join(here, 'file'), /file already exists, mkdir '.*\/file'/],
    ['a file is above it', () => join(here, 'file', 'new'), /not a directory, mkdir '.*\/file\/new'/],
  ])('says at once which cannot be made when %s', async (_, path, message) => {
    await expect(makeFolder(path())).rejects.toThrow(message);
  });
});
