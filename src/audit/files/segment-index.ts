import { createHash } from 'node:crypto';
import { readFile, type FileHandle } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { About, AddressLines } from '../../core/audit/lines/address-lines.ts';
import { StretchReader, type Stretch } from '../../core/audit/continuity.ts';
import type { Span } from '../../core/audit/lines/lines.ts';
import type { Block } from '../audit-store.ts';
import { keepFile, stampOf } from './kept-file.ts';

/*
 * Beside a closed segment of the record, `000000000001.index`: in which of its lines an address is. It says where to read, and
 * nothing of what is there. It counts only while the segment is the file that it was made of, and is made again otherwise; without
 * it all is read.
 *
 * A line of text, `postern-index 2 LE 8388912 ...`: the file that it is of, and the SHA-256 of the rest. A line of JSON: its first and
 * last record, and what is missing between. Then three numbers of four bytes for each line and address: a hash of the address, or 0
 * for any, and where the line begins and ends.
 */

const width = 3;

/** Where the lines about one address are, as an index that is kept or was made now says. */
export class SegmentIndex {
  readonly #table: Uint32Array;
  /** Of all its records; undefined: there are none. */
  readonly stretch: Stretch | undefined;

  constructor(table: Uint32Array, stretch: Stretch | undefined) {
    this.#table = table;
    this.stretch = stretch;
  }

  /** In their order. @param address canonical text */
  spansOf(address: string): readonly Span[] {
    const hash = hashOf(address);
    const spans: Span[] = [];
    for (let at = 0; at < this.#table.length; at += width) {
      // Addresses whose hashes are equal have more lines read than are needed.
      if (this.#table[at] !== 0 && this.#table[at] !== hash) continue;
      spans.push({ start: this.#table[at + 1] ?? 0, end: this.#table[at + 2] ?? 0 });
    }
    return spans;
  }
}

/** Undefined: there is none, or it is not of the file as it is now. */
export async function keptIndex(segment: string, file: FileHandle): Promise<SegmentIndex | undefined> {
  const kept = await readFile(indexOf(segment)).catch(() => undefined);
  if (kept === undefined) return undefined;
  const bodyAt = kept.indexOf('\n') + 1;
  const body = kept.subarray(bodyAt);
  if (kept.toString('latin1', 0, bodyAt) !== head(stampOf(await file.stat({ bigint: true })), body)) return undefined;
  const tableAt = body.indexOf('\n') + 1;
  const stretch = JSON.parse(body.toString('utf8', 0, tableAt)) as Stretch | null;
  // A copy, because numbers of four bytes have to begin at a multiple of four.
  return new SegmentIndex(new Uint32Array(new Uint8Array(body.subarray(tableAt)).buffer), stretch ?? undefined);
}

/** Of a closed segment that is read for it. */
interface Unindexed {
  readonly lines: AddressLines;
  readonly blocks: AsyncIterable<Block>;
}

/** Reads all of a closed segment, and keeps the index where the directory may be written to. */
export async function madeIndex(segment: string, file: FileHandle, unindexed: Unindexed): Promise<SegmentIndex> {
  // Before it is read: if it is written to in the meantime, the index is of a file that is no more.
  const stamp = stampOf(await file.stat({ bigint: true }));
  const reader = new StretchReader();
  const table = Uint32Array.from(await entriesOf(unindexed, reader));
  const stretch = reader.stretch();
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(stretch ?? null)}\n`), Buffer.from(table.buffer)]);
  await keepFile(indexOf(segment), [head(stamp, body), body]);
  return new SegmentIndex(table, stretch);
}

async function entriesOf({ lines, blocks }: Unindexed, stretch: StretchReader): Promise<readonly number[]> {
  const entries: number[] = [];
  const seen = stretch.add.bind(stretch);
  for await (const { bytes, spans, offset } of blocks)
    for (const span of spans)
      for (const hash of hashesOf(lines.of(bytes, span, seen)))
        entries.push(hash, offset + span.start, offset + span.end);
  return entries;
}

function hashesOf(about: About): readonly number[] {
  return about === 'any' ? [0] : [...new Set(about.map(hashOf))];
}

/** FNV-1a, and never 0. */
function hashOf(address: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < address.length; at += 1) hash = Math.imul(hash ^ address.charCodeAt(at), 0x01000193);
  return (hash | 1) >>> 0;
}

function head(stamp: string, body: Buffer): string {
  return `postern-index 2 ${endianness()} ${stamp} ${createHash('sha256').update(body).digest('hex')}\n`;
}

function indexOf(segment: string): string {
  return segment.replace(/\.jsonl$/, '.index');
}
