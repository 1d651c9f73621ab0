import { open, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { AddressLines } from '../../core/audit/lines/address-lines.ts';
import { Continuity, StretchReader, type Hole, type Stretch } from '../../core/audit/continuity.ts';
import { RecordLines } from '../../core/audit/lines/record-lines.ts';
import type { Lines, Span } from '../../core/audit/lines/lines.ts';
import type { Block } from '../audit-store.ts';
import { entriesIn, folderOf, isSegment } from './audit-files.ts';
import { FileAuditLines } from './file-audit-lines.ts';
import { removeLeftovers } from './kept-file.ts';
import { keptIndex, madeIndex } from './segment-index.ts';
import { SegmentReader } from './segment-reader.ts';

/** What is less far apart is read at once. */
const nearBytes = 2 ** 15;
/** And no more than that. */
const mostBytesAtOnce = 2 ** 20;
/** Eight times the size at which a segment is closed. A larger one gets no index, which is held as a whole. */
const mostIndexedBytes = 2 ** 26;

/**
 * Of a record the lines that count for one address: those about it, and those about any. Of closed segments only these are read,
 * by the index beside each, which is made where it is lacking.
 */
export class LinesAbout extends FileAuditLines {
  readonly #directory: string;
  readonly #address: string;
  /** Of each chain that was read. */
  readonly #stretches = new Map<string, (Stretch | undefined)[]>();

  /** @param address canonical text */
  constructor(directory: string, address: string) {
    super(directory);
    this.#directory = directory;
    this.#address = address;
  }

  override async *blocks(point: string): AsyncGenerator<Block> {
    const folder = join(this.#directory, folderOf(point));
    const names = await entriesIn(folder);
    await removeLeftovers(folder, names);
    const segments = names.filter(isSegment);
    const reader = new SegmentReader();
    const stretches: (Stretch | undefined)[] = [];
    this.#stretches.set(point, stretches);
    let lines = new AddressLines();
    for (const segment of segments.slice(0, -1)) {
      const path = join(folder, segment);
      if ((await stat(path)).size > mostIndexedBytes) {
        stretches.push(await stretchOf(reader.blocks(folder, segment, false)));
        yield* reader.blocks(folder, segment, false);
        lines = new AddressLines();
        continue;
      }
      const file = await open(path);
      try {
        const kept = await keptIndex(path, file);
        const index = kept ?? (await madeIndex(path, file, { lines, blocks: reader.blocks(folder, segment, false) }));
        // What it has not read it must not go by.
        if (kept !== undefined) lines = new AddressLines();
        stretches.push(index.stretch);
        for await (const near of linesAt(file, index.spansOf(this.#address)))
          yield { ...near, segment, before: 0, offset: 0 };
      } finally {
        await file.close();
      }
    }
    for (const segment of segments.slice(-1)) {
      stretches.push(await stretchOf(reader.blocks(folder, segment, true)));
      yield* reader.blocks(folder, segment, true);
    }
  }

  holes(chains: readonly string[], until = '9999'): readonly Hole[] {
    const continuity = new Continuity();
    for (const chain of chains) {
      continuity.goTo(chain);
      for (const stretch of this.#stretches.get(chain) ?? []) if (stretch !== undefined) continuity.pass(stretch);
    }
    return continuity.holes.filter(({ after }) => after <= until);
  }
}

async function stretchOf(blocks: AsyncIterable<Block>): Promise<Stretch | undefined> {
  const lines = new RecordLines();
  const stretch = new StretchReader();
  for await (const { bytes, spans } of blocks)
    for (const span of spans) {
      const record = lines.read(bytes, span);
      if (record !== undefined) stretch.add(record);
    }
  return stretch.stretch();
}

async function* linesAt(file: FileHandle, spans: readonly Span[]): AsyncGenerator<Lines> {
  for (const near of readInOneGo(spans)) {
    const from = near[0]?.start ?? 0;
    const bytes = Buffer.alloc((near.at(-1)?.end ?? 0) - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    if (bytesRead < bytes.length) throw new Error('a closed segment of the audit record was cut while it was read');
    yield { bytes, spans: near.map(({ start, end }) => ({ start: start - from, end: end - from })) };
  }
}

function readInOneGo(spans: readonly Span[]): readonly (readonly Span[])[] {
  const runs: Span[][] = [];
  for (const span of spans) {
    const run = runs.at(-1);
    const isNear = span.start - (run?.at(-1)?.end ?? 0) < nearBytes;
    if (run !== undefined && isNear && span.end - (run[0]?.start ?? 0) < mostBytesAtOnce) run.push(span);
    else runs.push([span]);
  }
  return runs;
}
