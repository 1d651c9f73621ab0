import { randomUUID } from 'node:crypto';
import { open, readFile, rename, stat, unlink, utimes, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { makeFolder } from '../../files/make-folder.ts';
import { AuditUnavailable } from '../audit-store.ts';
import { codeOf, lockFile } from './audit-files.ts';

const holderSchema = z.object({ host: z.string(), pid: z.int(), token: z.string() });
type Holder = z.infer<typeof holderSchema>;

export interface LockTimes {
  /** How often the holder renews the lock, in milliseconds. */
  readonly beatMs: number;
  /** A holder that has not renewed it for this long is treated as dead, in milliseconds. */
  readonly staleMs: number;
}

const defaultTimes: LockTimes = { beatMs: 2_000, staleMs: 15_000 };

/** Writes the text of a lock into its file, as far as the disk has room. */
export type WriteLock = (file: FileHandle, text: string) => Promise<void>;

const writeWhole: WriteLock = (file, text) => file.writeFile(text);

/**
 * The right of one process to write to a directory. If the holder ran on this machine, its process id tells at once
 * whether it is alive; a holder that hangs, or ran on another machine or in another container, has to be silent for
 * `staleMs`.
 */
export class FileLock {
  readonly #path: string;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;
  #lost = false;

  private constructor(path: string, token: string, beatMs: number) {
    this.#path = path;
    this.#token = token;
    this.#timer = setInterval(() => void this.#beat(), beatMs);
    this.#timer.unref();
  }

  /** @throws AuditUnavailable `LOCKED` when another process writes there */
  static async acquire(directory: string, times = defaultTimes, write = writeWhole): Promise<FileLock> {
    await makeFolder(directory);
    const path = join(directory, lockFile);
    const token = randomUUID();
    if (!(await create(path, token, write))) {
      await clear(path, directory, times.staleMs);
      if (!(await create(path, token, write))) throw locked(directory, 'another process');
    }
    return new FileLock(path, token, times.beatMs);
  }

  /**
   * @throws AuditUnavailable `LOCKED` when another process has taken the lock, because this one was silent for too long
   */
  confirm(): void {
    if (this.#lost) throw locked(this.#path, 'another process, which took over');
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    const holder = await read(this.#path).catch(() => undefined);
    if (holder?.token === this.#token) await unlink(this.#path).catch(() => undefined);
  }

  async #beat(): Promise<void> {
    const now = new Date();
    const holder = await read(this.#path).catch(() => undefined);
    if (holder?.token === this.#token) await utimes(this.#path, now, now).catch(() => undefined);
    else this.#lost = true;
  }
}

async function create(path: string, token: string, write: WriteLock): Promise<boolean> {
  const handle = await open(path, 'wx', 0o640).catch((error: unknown) => {
    if (codeOf(error) === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await write(handle, JSON.stringify({ host: hostname(), pid: process.pid, token } satisfies Holder));
    return true;
  } catch (error) {
    // On a full disk; an empty lock would look like that of another process.
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
}

/** Removes the lock of a dead holder. @throws AuditUnavailable `LOCKED` if the holder is alive */
async function clear(path: string, directory: string, staleMs: number): Promise<void> {
  const holder = await read(path);
  const here = holder?.host === hostname();
  if (!(here && !lives(holder.pid)) && (await silenceMs(path, staleMs)) < staleMs)
    throw locked(directory, nameOf(holder));
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside);
  const taken = await read(aside);
  // Another process took the lock first, and its lock was moved: put it back.
  if (taken?.token !== holder?.token) {
    await rename(aside, path);
    throw locked(directory, 'another process');
  }
  await unlink(aside);
}

/** For how long a lock was not renewed. Of one from the future, for a clock that went back, it takes `staleMs` to see. */
async function silenceMs(path: string, staleMs: number): Promise<number> {
  const { mtimeMs } = await stat(path);
  // eslint-disable-next-line no-restricted-syntax -- the time of a file is of that clock
  const silentMs = Date.now() - mtimeMs;
  if (silentMs > -staleMs) return silentMs;
  await setTimeout(staleMs);
  return (await stat(path)).mtimeMs === mtimeMs ? staleMs : 0;
}

function nameOf(holder: Holder | undefined): string {
  if (holder === undefined) return 'another process';
  return holder.host === hostname() ? `process ${holder.pid}` : `a process on ${holder.host}`;
}

function lives(pid: number): boolean {
  // This process did not write the lock: a restarted container has the same process ids.
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Undefined: the lock file cannot be parsed. */
async function read(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) === '') return undefined;
    throw error;
  }
}

function locked(directory: string, holder: string): AuditUnavailable {
  const message = `The audit record in ${directory} is being written by ${holder}. Give each process a directory of its own, or stop the other one.`;
  return new AuditUnavailable(message, 'LOCKED');
}
