import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { AuditUnavailable } from './audit-store.ts';
import { codeOf, lockFile } from './audit-files.ts';

const holderSchema = z.object({ host: z.string(), pid: z.int(), token: z.string() });
type Holder = z.infer<typeof holderSchema>;

export interface LockTimes {
  /** The holder shows that it lives this often, in milliseconds. */
  readonly beatMs: number;
  /** One that has not for so long is dead: its machine, or its container, is gone. */
  readonly staleMs: number;
}

const defaultTimes: LockTimes = { beatMs: 2_000, staleMs: 15_000 };

/**
 * The right of one process to write to a directory. On one machine the death of its holder is known at once; one that
 * hangs, or was on another machine or in another container, must have been silent for a while.
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
  static async acquire(directory: string, times: LockTimes = defaultTimes): Promise<FileLock> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, lockFile);
    const token = randomUUID();
    if (!(await create(path, token))) {
      await clear(path, directory, times.staleMs);
      if (!(await create(path, token))) throw locked(directory, 'another process');
    }
    return new FileLock(path, token, times.beatMs);
  }

  /** @throws AuditUnavailable `LOCKED` when another process has taken it, because this one was silent for too long */
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

async function create(path: string, token: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx', 0o640);
    await handle.writeFile(JSON.stringify({ host: hostname(), pid: process.pid, token } satisfies Holder));
    await handle.close();
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes the lock of a dead holder out of the way. @throws AuditUnavailable `LOCKED` for a living one */
async function clear(path: string, directory: string, staleMs: number): Promise<void> {
  const holder = await read(path);
  const here = holder?.host === hostname();
  const silentMs = Date.now() - (await stat(path)).mtimeMs;
  if (!(here && !lives(holder.pid)) && silentMs < staleMs) throw locked(directory, nameOf(holder));
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside);
  const taken = await read(aside);
  // Somebody else was faster, and it is their lock that was moved: it goes back.
  if (taken?.token !== holder?.token) {
    await rename(aside, path);
    throw locked(directory, 'another process');
  }
  await unlink(aside);
}

function nameOf(holder: Holder | undefined): string {
  if (holder === undefined) return 'another process';
  return holder.host === hostname() ? `process ${holder.pid}` : `a process on ${holder.host}`;
}

function lives(pid: number): boolean {
  // Ours is not the one that wrote it: a container that starts again has the same numbers.
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/** Undefined: it does not say. */
async function read(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) === '') return undefined;
    throw error;
  }
}

function locked(directory: string, holder: string): AuditUnavailable {
  const message = `The audit record in ${directory} is being written by ${holder}. Give each process a directory of its own, or end the other one.`;
  return new AuditUnavailable(message, 'LOCKED');
}
