import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { mostLineLength } from '../../core/audit/chain.ts';
import type { Span } from '../../core/audit/lines/lines.ts';
import type { Block } from '../audit-store.ts';

const usualBytes = 2 ** 18;
const lineBreak = 0x0a;

/**
 * Reads segments one after the other into the same memory, however long they are. A line that is longer than any record is handed on
 * cut, and so is none: it may be as long as the disk.
 */
export class SegmentReader {
  readonly #blockBytes: number;
  #bytes: Buffer;

  /** @param blockBytes at least so many are asked for at once */
  constructor(blockBytes = usualBytes) {
    this.#blockBytes = blockBytes;
    this.#bytes = Buffer.allocUnsafeSlow(2 * blockBytes);
  }

  /** @param isLast a last line without a line break is left out: it is still being written, or its writer has ended */
  async *blocks(folder: string, segment: string, isLast: boolean): AsyncGenerator<Block> {
    const file = await open(join(folder, segment));
    try {
      yield* this.#blocksOf(file, segment, isLast);
    } finally {
      await file.close();
    }
  }

  async *#blocksOf(file: FileHandle, segment: string, isLast: boolean): AsyncGenerator<Block> {
    let [before, offset, held] = [0, 0, 0];
    for (;;) {
      this.#makeRoom(held);
      const { bytesRead } = await file.read(this.#bytes, held, this.#bytes.length - held);
      if (bytesRead === 0) break;
      const filled = held + bytesRead;
      const { spans, end } = this.#linesUpTo(filled, held);
      if (spans.length > 0) yield { bytes: this.#bytes, spans, segment, before, offset };
      before += spans.length;
      this.#bytes.copyWithin(0, end, filled);
      // Of a line that is too long the rest is passed over.
      held = Math.min(filled - end, mostLineLength + 1);
      offset += filled - held;
    }
    const rest = { start: 0, end: held };
    if (held > 0 && !isLast) yield { bytes: this.#bytes, spans: [rest], segment, before, offset, unfinished: true };
  }

  /** @param held so many bytes have been looked through: they are of one line */
  #linesUpTo(filled: number, held: number): { readonly spans: readonly Span[]; readonly end: number } {
    const bytes = this.#bytes.subarray(0, filled);
    const spans: Span[] = [];
    let start = 0;
    for (let at = bytes.indexOf(lineBreak, held); at >= 0; at = bytes.indexOf(lineBreak, start)) {
      spans.push({ start, end: Math.min(at, start + mostLineLength + 1) });
      start = at + 1;
    }
    return { spans, end: start };
  }

  #makeRoom(held: number): void {
    if (this.#bytes.length - held >= this.#blockBytes) return;
    const bytes = Buffer.allocUnsafeSlow(2 * held + this.#blockBytes);
    this.#bytes.copy(bytes, 0, 0, held);
    this.#bytes = bytes;
  }
}
