import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Head } from '../../core/audit/chain.ts';
import { textOf } from '../../core/audit/lines/lines.ts';
import { codeOf, entriesIn, folderOf, headFile, isSegment, pointOf, readHead, segmentsIn } from './audit-files.ts';
import { stampOf } from './kept-file.ts';
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

  /** Another one as soon as anything that is on record is another: the head alone lags behind outcomes. */
  async stamp(): Promise<string> {
    const stamps: string[] = [];
    for (const folder of await entriesIn(this.#directory))
      for (const name of await entriesIn(join(this.#directory, folder)))
        if (name === headFile || isSegment(name))
          stamps.push(`${folder}/${name} ${await stampAt(join(this.#directory, folder, name))}`);
    return stamps.join('\n');
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

/** Or why there is none. */
function stampAt(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(stampOf, codeOf);
}

async function* blocksOf(folder: string, segments: readonly string[]): AsyncGenerator<Block> {
  const reader = new SegmentReader();
  for (const segment of segments) yield* reader.blocks(folder, segment, segment === segments.at(-1));
}
