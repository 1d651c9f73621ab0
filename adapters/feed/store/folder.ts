import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makeFolder } from '../../../src/files/make-folder.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { FeedStore, ReadOptions, Stored } from './store.ts';

/** Documents that stay after newer ones, for those who are about to read them. */
const kept = 3;

/**
 * A folder. Each document is a file of its own, `feed-N.json`, and the highest number counts: a number can be taken only
 * once, so of two writers one finds that something else is there. A crash leaves a file that is never read.
 */
export function folderStore(folder: string): FeedStore {
  return {
    read: (options = {}) => told(readNewest(folder, options), folder),
    write: (text, tag, signal) => told(writeNext(folder, { text, tag, signal }), folder),
    readAccess: () => told(readAccess(folder), folder),
    writeAccess: (server, text) => told(replace(join(folder, `access-${server}.json`), text), folder),
  };
}

async function readNewest(folder: string, { unless, signal }: ReadOptions): Promise<Stored | 'unchanged' | undefined> {
  // Between looking and reading a file may have made room for newer ones.
  for (let attempt = 0; attempt < kept; attempt += 1) {
    signal?.throwIfAborted();
    const newest = (await numbers(folder)).at(-1);
    if (newest === undefined) return undefined;
    if (String(newest) === unless) return 'unchanged';
    const text = await unlessGone(readFile(pathOf(folder, newest), 'utf8'));
    if (text !== undefined) return { text, tag: String(newest) };
  }
  throw new AdapterError('busy', `The folder ${folder} is written to faster than it can be read.`);
}

async function writeNext(
  folder: string,
  {
    text,
    tag,
    signal,
  }: { readonly text: string; readonly tag: string | undefined; readonly signal: AbortSignal | undefined },
): Promise<string> {
  await makeFolder(folder);
  const present = await numbers(folder);
  const newest = present.at(-1);
  if (newest !== (tag === undefined ? undefined : Number(tag))) throw overtaken(folder);
  signal?.throwIfAborted();
  const next = (newest ?? 0) + 1;
  const written = await temporary(folder, text);
  try {
    await link(written, pathOf(folder, next));
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? overtaken(folder) : error;
  } finally {
    await rm(written, { force: true });
  }
  const old = present.filter((number) => number <= next - kept);
  await Promise.all(old.map((number) => rm(pathOf(folder, number), { force: true })));
  return String(next);
}

async function readAccess(folder: string): Promise<readonly string[] | undefined> {
  const names = (await entries(folder)).filter((name) => /^access-[a-z0-9-]+\.json$/.test(name));
  if (names.length === 0) return undefined;
  const texts = await Promise.all(names.map((name) => unlessGone(readFile(join(folder, name), 'utf8'))));
  return texts.filter((text) => text !== undefined);
}

async function replace(path: string, text: string): Promise<void> {
  const written = await temporary(join(path, '..'), text);
  await rename(written, path);
}

/** On disk before it gets its name: after a power cut the name never stands for half a document. */
async function temporary(folder: string, text: string): Promise<string> {
  const path = join(folder, `.${randomUUID()}`);
  const file = await open(path, 'wx', 0o640);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

async function numbers(folder: string): Promise<readonly number[]> {
  const found = (await entries(folder)).map((name) => /^feed-(\d{1,15})\.json$/.exec(name)?.[1]);
  return found.flatMap((digits) => (digits === undefined ? [] : [Number(digits)])).sort((a, b) => a - b);
}

async function entries(folder: string): Promise<readonly string[]> {
  return (await unlessGone(readdir(folder))) ?? [];
}

function pathOf(folder: string, number: number): string {
  return join(folder, `feed-${number}.json`);
}

function overtaken(folder: string): AdapterError {
  return new AdapterError('conflict', `The folder ${folder} has another document than was read.`);
}

async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

const advice: Readonly<Record<string, string>> = {
  EACCES: 'let the user that Postern runs as write to it',
  EROFS: 'mount the volume for writing',
  ENOSPC: 'make room on the volume',
  EPERM: 'use a volume whose file system has hard links',
  ENOTSUP: 'use a volume whose file system has hard links',
};

/** Errors of the file system in the words of the contract. */
async function told<T>(work: Promise<T>, folder: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof AdapterError || code === '') throw error;
    const todo = advice[code];
    const errorClass = code === 'ENOSPC' || todo === undefined ? 'transient' : 'forbidden';
    throw new AdapterError(errorClass, `The folder ${folder}: ${code}${todo === undefined ? '' : `; ${todo}`}.`, {
      code,
    });
  }
}
