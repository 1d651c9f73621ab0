import { join } from 'node:path';
import type { Clock } from '../../adapter/adapter.ts';
import type { Head } from '../../core/audit/chain.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../../core/audit/record.ts';
import { codeOf, folderOf, pointOfChain } from './audit-files.ts';
import { AuditUnavailable, type AuditStore } from '../audit-store.ts';
import { FileAuditLines } from './file-audit-lines.ts';
import { FileChain } from './file-chain.ts';
import { FileLock, type LockTimes } from './file-lock.ts';
import { Turns } from '../turns.ts';

export interface FileAuditStoreDeps {
  readonly directory: string;
  readonly clock: Pick<Clock, 'now'>;
  /** A segment of at least this many bytes is followed by a new one as soon as no write in it is open. */
  readonly segmentBytes?: number;
  readonly lockTimes?: LockTimes;
}

const defaultSegmentBytes = 8 * 2 ** 20;

/**
 * The record in a directory, as lines of JSON. One process writes it; others may read it at any time. After an error
 * the
 * next call opens the chain again, so that the store goes on by itself when, for example, the disk has room again.
 */
export class FileAuditStore implements AuditStore {
  readonly #deps: FileAuditStoreDeps;
  readonly #chains = new Map<string, FileChain>();
  readonly #turns = new Turns();
  #lock: Promise<FileLock> | undefined;
  #closed = false;

  constructor(deps: FileAuditStoreDeps) {
    this.#deps = deps;
  }

  append(
    point: string,
    entries: readonly AuditEntry[],
    durability: 'durable' | 'soon',
  ): Promise<readonly AuditRecord[]> {
    return this.#with(point, (chain) => chain.append(entries, this.#now(), durability === 'durable'));
  }

  unsettled(point: string): Promise<readonly BegunRecord[]> {
    return this.#with(point, (chain) => Promise.resolve(chain.unsettled()));
  }

  head(point: string): Promise<Head | undefined> {
    return this.#with(point, (chain) => Promise.resolve(chain.head));
  }

  /**
   * Appends lines of a chain that were written in Redis, unchanged; skips those that are in the files already. Lines
   * that
   * do not continue the chain begin a new one beside it: `edge`, then `edge~2`.
   *
   * @throws AuditUnavailable when the lines cannot be kept
   */
  async adopt(point: string, lines: readonly string[]): Promise<void> {
    const last = (await this.chainsOf(point)).at(-1) ?? point;
    try {
      await this.#with(last, (chain) => chain.adopt(lines));
    } catch (error) {
      if (!(error instanceof AuditUnavailable) || error.code !== 'OTHER-CHAIN') throw error;
      await this.#with(chainAfter(last), (chain) => chain.adopt(lines));
    }
  }

  /** The chains of a point; the last is the current one. */
  async chainsOf(point: string): Promise<readonly string[]> {
    const numberOf = (chain: string): number => Number(chain.split('~')[1] ?? 1);
    return (await this.points())
      .filter((chain) => pointOfChain(chain) === point)
      .sort((a, b) => numberOf(a) - numberOf(b));
  }

  /** Names of all chains. */
  points(): Promise<readonly string[]> {
    return new FileAuditLines(this.#deps.directory).points();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#turns.ended();
    await Promise.allSettled([...this.#chains.values()].map((chain) => chain.close()));
    this.#chains.clear();
    const lock = await this.#lock?.catch(() => undefined);
    await lock?.release();
  }

  #with<T>(point: string, task: (chain: FileChain) => Promise<T>): Promise<T> {
    return this.#turns.take(point, () => this.#attempt(point, task));
  }

  async #attempt<T>(point: string, task: (chain: FileChain) => Promise<T>): Promise<T> {
    try {
      return await task(await this.#chain(point));
    } catch (error) {
      await this.#chains.get(point)?.abandon();
      this.#chains.delete(point);
      throw error instanceof AuditUnavailable ? error : this.#unavailable(error);
    }
  }

  async #chain(point: string): Promise<FileChain> {
    const { directory, segmentBytes = defaultSegmentBytes, lockTimes } = this.#deps;
    if (this.#closed) throw new AuditUnavailable('The audit record has been closed.', 'CLOSED');
    this.#lock ??= FileLock.acquire(directory, lockTimes);
    try {
      (await this.#lock).confirm();
    } catch (error) {
      this.#lock = undefined;
      throw error;
    }
    const known = this.#chains.get(point);
    if (known !== undefined) return known;
    const opened = await FileChain.open(
      join(directory, folderOf(point)),
      pointOfChain(point),
      segmentBytes,
      this.#now(),
    );
    this.#chains.set(point, opened);
    return opened;
  }

  #now(): string {
    return new Date(this.#deps.clock.now()).toISOString();
  }

  #unavailable(error: unknown): AuditUnavailable {
    const code = codeOf(error);
    const why = code === '' ? (error instanceof Error ? error.message : 'unknown error') : (remedies[code] ?? code);
    return new AuditUnavailable(
      `The audit record in ${this.#deps.directory} cannot be kept: ${why}.`,
      code || 'FAILED',
    );
  }
}

function chainAfter(chain: string): string {
  return `${pointOfChain(chain)}~${Number(chain.split('~')[1] ?? 1) + 1}`;
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free space, and recording goes on by itself',
  EDQUOT: 'the disk quota is used up; raise it, and recording goes on by itself',
  EROFS: 'the file system is read-only; name another directory with --audit-dir',
  EACCES: 'this user may not write there; allow it, or name another directory with --audit-dir',
  EPERM: 'this user may not write there; allow it, or name another directory with --audit-dir',
  ENOTDIR: 'a part of the path is not a directory; name another one with --audit-dir',
  EEXIST: 'it is not a directory; name another one with --audit-dir',
  EFBIG: 'a file has reached the size limit; raise the limit, and recording goes on by itself',
  EIO: 'the disk reports errors; replace it, or name another directory with --audit-dir',
};
