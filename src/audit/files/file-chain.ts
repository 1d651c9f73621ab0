import { constants, fstatSync, writeSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../files/make-folder.ts';
import { hashOf, openLine, seal, type Head, type Sealed } from '../../core/audit/chain.ts';
import { recordIn } from '../../core/audit/history.ts';
import type { AuditEntry, AuditRecord, BegunRecord } from '../../core/audit/record.ts';
import type { UntouchedWrites } from '../../core/audit/writes/untouched-writes.ts';
import { AuditUnavailable } from '../audit-store.ts';
import { headFile, headText, readHead, segmentName, syncDirectory } from './audit-files.ts';
import { readTail, rememberHash, type Broken } from './read-tail.ts';

const appending = constants.O_APPEND | constants.O_RDWR | constants.O_CREAT;

interface OpenChain {
  readonly point: string;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly headHandle: FileHandle;
  /** Is there a head beside the chain? Without one a reader takes the chain for cut. */
  headKept: boolean;
  readonly unsettled: UntouchedWrites;
  /** Hash by number, of the last records. */
  readonly hashes: Map<number, string>;
  segment: FileHandle;
  /** Size of the segment in bytes after our last write; another size means that another client wrote to it. */
  size: number;
  head: Head;
}

/**
 * The chain of one point, open for appending: the last segment, and the file with the head. After an error the state of
 * both files is unknown, and the chain has to be opened again.
 */
export class FileChain {
  readonly #chain: OpenChain;

  private constructor(chain: OpenChain) {
    this.#chain = chain;
  }

  /**
   * Opens a chain at its end. A line that the last writer did not finish is kept, and marked by a record of type
   * `torn`.
   */
  static async open(directory: string, point: string, segmentBytes: number, now: string): Promise<FileChain> {
    await makeFolder(directory);
    const tail = await readTail(directory);
    const kept = await readHead(directory);
    // A chain that was cut short goes on after the number in HEAD: `postern audit verify` reports the gap.
    const cut = kept !== undefined && kept.seq > tail.head.seq;
    const head = cut ? kept : tail.head;
    const name = cut || tail.segment === undefined ? segmentName(head.seq + 1) : tail.segment;
    const segment = await open(join(directory, name), appending, 0o640);
    const headHandle = await open(join(directory, headFile), constants.O_RDWR | constants.O_CREAT, 0o640);
    await syncDirectory(directory);
    const { size } = await segment.stat();
    const { unsettled, hashes } = tail;
    const headKept = kept !== undefined;
    const files = { directory, segmentBytes, segment, size, headHandle, headKept };
    const chain = new FileChain({ point, ...files, head, hashes, unsettled });
    try {
      if (!cut) await chain.#mend(tail.broken, now);
      return chain;
    } catch (error) {
      await chain.abandon();
      throw error;
    }
  }

  get head(): Head | undefined {
    return this.#chain.head.seq === 0 ? undefined : this.#chain.head;
  }

  unsettled(): readonly BegunRecord[] {
    return this.#chain.unsettled.list();
  }

  /** Undefined: it has no records. */
  end(): ChainEnd | undefined {
    return this.head && { head: this.head, untouched: this.#chain.unsettled.untouched() };
  }

  /** @throws the error of the file system; then either nothing was written, or the next `open` finds it */
  async append(entries: readonly AuditEntry[], now: string, durable: boolean): Promise<readonly AuditRecord[]> {
    if (this.#chain.size >= this.#chain.segmentBytes && this.#chain.unsettled.size === 0) await this.#rotate();
    this.#refuseOthers();
    const sealed: Sealed[] = [];
    for (const entry of entries)
      sealed.push(seal(entry, this.#chain.point, sealed.at(-1)?.head ?? this.#chain.head, now));
    this.#write(sealed.map(({ line }) => `${line}\n`).join(''));
    const keepsHead = durable || !this.#chain.headKept;
    if (keepsHead) await this.#chain.segment.datasync();
    for (const { record, head } of sealed) {
      this.#chain.unsettled.add(record);
      this.#chain.head = head;
      rememberHash(this.#chain.hashes, head.seq, head.hash);
    }
    if (keepsHead) this.#keepHead();
    return sealed.map(({ record }) => record);
  }

  /** How these lines, of which each continues the one before, go with this chain. */
  fitOf(run: readonly ReadLine[]): Fit {
    const { head, hashes } = this.#chain;
    const first = run.find(({ record, hash }) => hashes.get(record.seq) !== hash);
    if (first === undefined) return 'known';
    if (first.record.prev === head.hash && first.record.seq === head.seq + 1) return 'continues';
    if (hashes.get(first.record.seq - 1) === first.record.prev) return 'forks';
    return first.record.seq > head.seq + 1 && first === run[0] ? 'after-a-gap' : 'other';
  }

  /** Appends lines that are not there yet, whether they continue the chain or not. */
  async adopt(run: readonly ReadLine[]): Promise<void> {
    if (this.#chain.size >= this.#chain.segmentBytes) await this.#rotate();
    this.#refuseOthers();
    const news = run.filter(({ record, hash }) => this.#chain.hashes.get(record.seq) !== hash);
    const last = news.at(-1);
    if (last === undefined) return;
    this.#write(news.map(({ line }) => `${line}\n`).join(''));
    await this.#chain.segment.datasync();
    for (const { record, hash } of news) {
      this.#chain.unsettled.add(record);
      rememberHash(this.#chain.hashes, record.seq, hash);
    }
    this.#chain.head = { seq: last.record.seq, hash: last.hash, at: last.record.at };
    this.#keepHead();
  }

  async close(): Promise<void> {
    try {
      await this.#chain.segment.datasync();
      this.#keepHead();
    } finally {
      await this.abandon();
    }
  }

  /** Closes the files without writing to them. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#chain.segment.close(), this.#chain.headHandle.close()]);
  }

  async #mend(broken: Broken | undefined, now: string): Promise<void> {
    if (broken === undefined) return;
    const { text, terminated } = broken;
    if (!terminated) this.#write('\n');
    if (text === '') return;
    await this.append([{ type: 'torn', bytes: Buffer.byteLength(text), sha256: hashOf(text) }], now, true);
  }

  /**
   * Synchronous, because a write to the page cache is faster than a round trip through the thread pool; `datasync`
   * waits for the disk.
   */
  #write(text: string): void {
    const bytes = Buffer.from(text);
    const bytesWritten = writeSync(this.#chain.segment.fd, bytes);
    this.#chain.size += bytesWritten;
    if (bytesWritten < bytes.length) throw Object.assign(new Error('there was not enough room'), { code: 'ENOSPC' });
  }

  #refuseOthers(): void {
    const { size, nlink } = fstatSync(this.#chain.segment.fd);
    if (size === this.#chain.size && nlink > 0) return;
    const message = `Another process has written to, or removed, the audit record of ${this.#chain.point}; it is read again.`;
    throw new AuditUnavailable(message, 'OVERTAKEN');
  }

  async #rotate(): Promise<void> {
    await this.#chain.segment.datasync();
    const { directory, head, segment } = this.#chain;
    const next = await open(join(directory, segmentName(head.seq + 1)), appending, 0o640);
    await syncDirectory(directory);
    await segment.close();
    this.#chain.segment = next;
    this.#chain.size = (await next.stat()).size;
  }

  /** Only after the records up to the head are on disk. */
  #keepHead(): void {
    writeSync(this.#chain.headHandle.fd, headText(this.#chain.head), 0);
    this.#chain.headKept = true;
  }
}

export interface ChainEnd {
  readonly head: Head;
  /** Open writes of which a reading of the device still tells whether they were carried out. */
  readonly untouched: readonly BegunRecord[];
}

/**
 * How lines go with a chain: all are in it; the first that is not continues it, goes on from a record in its middle, or
 * comes after records that are not there; or they have nothing to do with it.
 */
export type Fit = 'known' | 'continues' | 'forks' | 'after-a-gap' | 'other';

export interface ReadLine {
  readonly line: string;
  readonly hash: string;
  readonly record: AuditRecord;
}

/**
 * Lines in whatever order, as runs in which each continues the one before; the run of the lowest number first.
 *
 * @throws AuditUnavailable for a line that is not a record
 */
export function runsOf(lines: readonly string[]): readonly (readonly ReadLine[])[] {
  const reads = new Map(lines.map(readLine).map((read) => [read.hash, read]));
  const runs = new Map<string, ReadLine[]>();
  for (const read of [...reads.values()].sort((a, b) => a.record.seq - b.record.seq)) {
    const run = runs.get(read.record.prev) ?? [];
    // The next line of the run is looked for by the hash of this one.
    runs.delete(read.record.prev);
    run.push(read);
    runs.set(read.hash, run);
  }
  return [...runs.values()].sort((a, b) => (a[0]?.record.seq ?? 0) - (b[0]?.record.seq ?? 0));
}

function readLine(line: string): ReadLine {
  const opened = openLine(line);
  const record = recordIn(line);
  if (opened === undefined || record === undefined)
    throw new AuditUnavailable('The audit record in Redis has a line that is not a record.', 'UNREADABLE');
  return { line, hash: opened.hash, record };
}

/** Has it the form and the hash of a record, of whatever version? Where it belongs in which chain is not asked. */
export function isRecordLine(line: string): boolean {
  const opened = openLine(line);
  if (opened === undefined || line.includes('\n') || hashOf(opened.text) !== opened.hash) return false;
  return placeSchema.safeParse(recordIn(line)).success;
}

const placeSchema = z.looseObject({ seq: z.int().positive(), prev: z.string().length(64), at: z.string() });
