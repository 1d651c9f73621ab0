import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Fold, Resumption } from '../../core/audit/lines/fold.ts';
import { entriesIn, folderOf, isSegment } from './audit-files.ts';
import { FileAuditLines } from './file-audit-lines.ts';
import { removeLeftovers, stampOf } from './kept-file.ts';
import { SegmentReader } from './segment-reader.ts';
import { headOfState, keepState, readState, stateFileOf } from './state-file.ts';

/** States stay small beside the record: so many times the size of the last one are read before the next is kept, */
const usualSpacing = 4;
/** and, since to keep one takes as long as to read some hundred megabytes, so many times as much where more is read anyway. */
const spacingOnTheWay = 16;
/** What is expected of the first one, so that there is none beside a record that is read within a moment. */
const usualSize = 2 ** 23;

interface Segment {
  readonly chain: string;
  readonly path: string;
  /** `000000000001.jsonl` */
  readonly name: string;
  /** The last one of its chain, which may be written to. */
  readonly isLast: boolean;
  readonly hasState: boolean;
}

/** How far the fold is. */
interface Place {
  /** Of the last segment that is in it; -1: none is. */
  readonly at: number;
  /** Of the record up to there. */
  readonly key: string;
  /** Length of the last state that was kept; Infinity: none can be kept, and no more are made. */
  readonly size: number;
}

type Told = (chain: string, lines: number) => void;

/** A record from which a fold goes on where an earlier one has kept its state, and which keeps states for later ones. */
export class LinesWithStates extends FileAuditLines {
  readonly #directory: string;
  readonly #spacing: number;

  /** @param spacing so many times the size of the last state are read before another is kept at the end of what is closed */
  constructor(directory: string, spacing = usualSpacing) {
    super(directory);
    this.#directory = directory;
    this.#spacing = spacing;
  }

  async fold(chains: readonly string[], fold: Fold, told: Told): Promise<void> {
    const segments: Segment[] = [];
    for (const chain of chains)
      for (const segment of await segmentsOf(chain, join(this.#directory, folderOf(chain)))) segments.push(segment);
    let last = await resume(segments, fold);
    const reader = new SegmentReader();
    const lastClosed = segments.findLastIndex(({ isLast }) => !isLast);
    let unkept = 0;
    let cut: string | undefined;
    for (const [at, segment] of segments.entries()) {
      if (at <= last.at || segment.chain === cut) continue;
      // Before it is read: if it is written to in the meantime, the state is of a file that is no more.
      const { key, bytes } = await keyAfter(last.key, segment);
      fold.goTo(segment.chain);
      last = { ...last, at, key };
      unkept += bytes;
      if (!(await foldSegment(segment, fold, { reader, told }))) cut = segment.chain;
      // What was left out before is in no state.
      const spacing = this.#spacing * (at === lastClosed ? 1 : spacingOnTheWay);
      const isDue = Number.isFinite(last.size) && unkept >= spacing * last.size;
      if (cut !== undefined || segment.isLast || !isDue || !fold.isWhole) continue;
      const size = await keep(segment, key, fold);
      last = { ...last, size: size ?? Infinity };
      unkept = 0;
    }
  }
}

/** @returns its length; undefined: it cannot be kept */
async function keep({ path }: Segment, key: string, fold: Fold): Promise<number | undefined> {
  const { lines, latest } = fold.kept();
  return keepState(stateFileOf(path), { form: fold.form, key, latest }, lines);
}

async function segmentsOf(chain: string, folder: string): Promise<readonly Segment[]> {
  const there = new Set(await entriesIn(folder));
  await removeLeftovers(folder, there);
  const names = [...there].filter(isSegment);
  return names.map((name) => {
    const hasState = there.has(stateFileOf(name));
    return { chain, path: join(folder, name), name, isLast: name === names.at(-1), hasState };
  });
}

/** Takes up the last state that is of this record, and of no later time than is asked for. */
async function resume(segments: readonly Segment[], fold: Fold): Promise<Place> {
  const kept = [];
  for (const [at, { path, isLast, hasState }] of segments.entries()) {
    const head = hasState && !isLast ? await headOfState(stateFileOf(path)) : undefined;
    if (head?.form === fold.form && head.latest <= fold.until) kept.push({ at, path: stateFileOf(path), head });
  }
  const keys: string[] = [];
  for (const segment of segments.slice(0, (kept.at(-1)?.at ?? -1) + 1))
    keys.push((await keyAfter(keys.at(-1) ?? '', segment)).key);
  for (const { at, path, head } of kept.toReversed()) {
    const lines = head.key === keys[at] ? await readState(path, head) : undefined;
    if (lines !== undefined && (await isTakenUp(lines, fold.resumption())))
      return { at, key: head.key, size: head.size };
  }
  return { at: -1, key: '', size: usualSize };
}

/** False: another client has put it there. */
async function isTakenUp(lines: AsyncIterable<readonly string[]>, resumption: Resumption): Promise<boolean> {
  try {
    for await (const some of lines) for (const line of some) resumption.take(line);
    return resumption.end();
  } catch {
    return false;
  }
}

/** Of a record up to the end of one more segment: whatever is changed, put in, or taken out before makes another key. */
async function keyAfter(key: string, { chain, name, path }: Segment): Promise<{ key: string; bytes: number }> {
  const stats = await stat(path, { bigint: true });
  const text = JSON.stringify([key, chain, name, stampOf(stats)]);
  return { key: createHash('sha256').update(text).digest('hex'), bytes: Number(stats.size) };
}

/** False: something in it is later than asked for, and what comes after that was not read. */
async function foldSegment(
  { chain, path, name, isLast }: Segment,
  fold: Fold,
  { reader, told }: { readonly reader: SegmentReader; readonly told: Told },
): Promise<boolean> {
  for await (const block of reader.blocks(dirname(path), name, isLast)) {
    told(chain, block.spans.length);
    if (!fold.take(block)) return false;
  }
  return true;
}
