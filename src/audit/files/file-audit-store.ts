import { join } from 'node:path';
import type { Clock } from '../../adapter/adapter.ts';
import type { Head } from '../../core/audit/chain.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../../core/audit/record.ts';
import { codeOf, folderOf, pointOfChain } from './audit-files.ts';
import { AuditUnavailable, type AuditStore } from '../audit-store.ts';
import { FileAuditLines } from './file-audit-lines.ts';
import { FileChain, runsOf, type ChainEnd, type ReadLine } from './file-chain.ts';
import { FileLock, type LockTimes } from './file-lock.ts';
import { SerialTasks } from '../serial-tasks.ts';

/** Numbers of records, both included. */
export interface Missing {
  readonly from: number;
  readonly to: number;
}

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
 * the next call opens the chain again, so that the store goes on by itself when, for example, the disk has room again.
 */
export class FileAuditStore implements AuditStore {
  readonly #deps: FileAuditStoreDeps;
  readonly #chains = new Map<string, FileChain>();
  readonly #tasks = new SerialTasks();
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
   * Appends lines that were written in Redis, unchanged; skips those that are in the files already. After a failover they
   * may come in another order, or go back: those that contradict every chain of the point begin a new one, `edge~2`.
   *
   * It stops before what comes after records that are missing, unless one of the lines says that they are lost: once these
   * are in the files, nobody sees any more that it has to be said.
   *
   * @returns the records that are missing, if it stopped
   * @throws AuditUnavailable when the lines cannot be kept
   */
  async adopt(point: string, lines: readonly string[]): Promise<Missing | undefined> {
    const runs = runsOf(lines);
    for (const run of runs) {
      const { chain, gap } = await this.#chainFor(point, run);
      if (gap !== undefined && !runs.flat().some(({ record }) => accountsFor(record, gap))) return gap;
      await this.#with(chain, (file) => file.adopt(run));
    }
    return undefined;
  }

  /** Of the longest chain of a point: the newest that is known. */
  async newestEnd(point: string): Promise<ChainEnd | undefined> {
    const endOf = (file: FileChain) => Promise.resolve(file.end());
    const ends = await Promise.all((await this.chainsOf(point)).map((chain) => this.#with(chain, endOf)));
    return ends.reduce((newest, end) => ((end?.head.seq ?? 0) > (newest?.head.seq ?? 0) ? end : newest), undefined);
  }

  /** Where a run of lines belongs, and what is missing there before it. */
  async #chainFor(
    point: string,
    run: readonly ReadLine[],
  ): Promise<{ readonly chain: string; readonly gap?: Missing }> {
    const chains = await this.chainsOf(point);
    let forks = false;
    let before: { readonly chain: string; readonly seq: number } | undefined;
    for (const chain of chains.toReversed()) {
      const [fit, seq] = await this.#with(chain, (file) =>
        Promise.resolve([file.fitOf(run), file.head?.seq ?? 0] as const),
      );
      if (fit === 'known' || fit === 'continues') return { chain };
      if (fit === 'forks') forks = true;
      if (fit === 'after-a-gap' && seq > (before?.seq ?? 0)) before = { chain, seq };
    }
    const first = run[0]?.record.seq ?? 0;
    if (before !== undefined && !forks) return { chain: before.chain, gap: { from: before.seq + 1, to: first - 1 } };
    return { chain: newChain(point, chains), ...(!forks && chains.length > 0 && lostBefore(first)) };
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
    await this.#tasks.ended();
    await Promise.allSettled([...this.#chains.values()].map((chain) => chain.close()));
    this.#chains.clear();
    const lock = await this.#lock?.catch(() => undefined);
    await lock?.release();
  }

  #with<T>(point: string, task: (chain: FileChain) => Promise<T>): Promise<T> {
    return this.#tasks.run(point, () => this.#attempt(point, task));
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

function accountsFor(record: AuditRecord, { from, to }: Missing): boolean {
  return record.type === 'lost' && record.from === from && record.to === to;
}

function newChain(point: string, chains: readonly string[]): string {
  const last = chains.at(-1);
  return last === undefined ? point : `${point}~${Number(last.split('~')[1] ?? 1) + 1}`;
}

/** What goes on from nothing that is known lacks at least the record before it. */
function lostBefore(first: number): { readonly gap?: Missing } {
  return first <= 1 ? {} : { gap: { from: first - 1, to: first - 1 } };
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
