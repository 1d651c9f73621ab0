import { join } from 'node:path';
import type { Head } from '../../core/audit/chain.ts';
import { textOf } from '../../core/audit/lines.ts';
import { entriesIn, folderOf, headFile, isSegment, pointOf, readHead, segmentsIn } from './audit-files.ts';
import { SegmentReader } from './segment-reader.ts';
import type { AuditLine, AuditLines, Block } from '../audit-store.ts';

/** Reads the record in a directory, also while another process writes it. Takes no lock. */
export class FileAuditLines implements AuditLines {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async points(): Promise<readonly string[]> {
    const points: string[] = [];
    for (const folder of await entriesIn(this.#directory)) {
      const inside = await entriesIn(join(this.#directory, folder));
      if (inside.some((name) => name === headFile || isSegment(name))) points.push(pointOf(folder));
    }
    return points.sort();
  }

  keptHead(point: string): Promise<Head | undefined> {
    return readHead(this.#folder(point));
  }

  async *lines(point: string): AsyncGenerator<AuditLine> {
    for await (const { bytes, spans, segment, before } of this.blocks(point))
      for (const [at, span] of spans.entries())
        yield { text: textOf(bytes, span), where: `${segment}:${before + at + 1}` };
  }

  /**
   * The same, many lines at a time. Leaves out a last line without a line break: it is still being written, or its writer has
   * ended.
   */
  async *blocks(point: string): AsyncGenerator<Block> {
    const folder = this.#folder(point);
    yield* blocksOf(folder, await segmentsIn(folder));
  }

  /** The last segments alone, in which at least so many writes begin. */
  async *lastBlocks(point: string, writes: number): AsyncGenerator<Block> {
    const folder = this.#folder(point);
    const segments = await segmentsIn(folder);
    let [from, begun] = [segments.length, 0];
    while (from > 0 && begun < writes) {
      from -= 1;
      for await (const { bytes, spans } of blocksOf(folder, segments.slice(from, from + 1)))
        begun += spans.filter((span) => textOf(bytes, span).includes('"type":"begun"')).length;
    }
    yield* blocksOf(folder, segments.slice(from));
  }

  #folder(point: string): string {
    return join(this.#directory, folderOf(point));
  }
}

async function* blocksOf(folder: string, segments: readonly string[]): AsyncGenerator<Block> {
  const reader = new SegmentReader();
  for (const segment of segments) yield* reader.blocks(folder, segment, segment === segments.at(-1));
}
