import type { AuditLines } from '../../audit/audit-store.ts';
import { LinesWithStates } from '../../audit/files/lines-with-states.ts';
import { linesOf, type Lines } from '../../core/audit/lines/lines.ts';
import { inCluster, type RecordSource } from '../../core/audit/record-source.ts';
import { pointOfChain } from '../../audit/files/audit-files.ts';
import { verifyChains } from '../../audit/verify-chains.ts';
import { RecordedStateReader, type RecordedState } from '../../report/record/recorded-state.ts';
import type { RecordEntry } from '../../report/report.ts';
import { grouped } from '../../core/model/grouped.ts';
import { counted } from '../../core/text/wording.ts';
import type { Progress } from '../world.ts';

/** What is on record of a point. */
export interface PointRecord {
  readonly record: RecordedState;
  readonly entry: RecordEntry;
}

export interface RecordChoice {
  /** RFC 3339 in UTC with milliseconds; absent: all there is. */
  readonly until?: string;
  /** Check the chains, to their end. */
  readonly verify: boolean;
  readonly progress?: Progress | undefined;
}

/** Every point that anything is on record of. One line in memory at a time. */
export async function readRecord(lines: AuditLines, choice: RecordChoice): Promise<ReadonlyMap<string, PointRecord>> {
  const chains = grouped((await lines.points()).map((chain) => [pointOfChain(chain), chain]));
  const records = new Map<string, PointRecord>();
  for (const [point, own] of chains) records.set(point, await readPoint(lines, own.sort(byAge), choice));
  return records;
}

/** The same of several clusters, with the cluster before the name of each point. */
export async function readRecords(
  sources: readonly RecordSource[],
  choice: RecordChoice,
): Promise<readonly { readonly cluster: string | undefined; readonly name: string; readonly record: PointRecord }[]> {
  const found = [];
  for (const source of sources) {
    const records = await readRecord(new LinesWithStates(source.directory), choice);
    for (const [point, record] of records)
      found.push({ cluster: source.cluster, name: inCluster(source, point), record });
  }
  return found;
}

/** `edge` before `edge~2` before `edge~10`. */
function byAge(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

async function* blocksOf(lines: AuditLines, chain: string): AsyncGenerator<Lines> {
  if (lines.blocks) yield* lines.blocks(chain);
  else for await (const { text } of lines.lines(chain)) yield linesOf([text]);
}

async function foldAll(
  lines: AuditLines,
  chains: readonly string[],
  fold: RecordedStateReader,
  told: (chain: string, lines: number) => void,
): Promise<void> {
  for (const chain of chains) {
    fold.goTo(chain);
    for await (const block of blocksOf(lines, chain)) {
      told(chain, block.spans.length);
      if (!fold.take(block)) break;
    }
  }
}

/** A chain that was lost and begun again goes on from what the one before had brought about. */
async function readPoint(
  lines: AuditLines,
  chains: readonly string[],
  { until, verify, progress }: RecordChoice,
): Promise<PointRecord> {
  const fold = new RecordedStateReader(until);
  const read = new Map<string, number>();
  const told = (chain: string, more: number): void => {
    read.set(chain, (read.get(chain) ?? 0) + more);
    progress?.(`reading the record of ${chain}: ${counted(read.get(chain) ?? 0, 'line')}`);
  };
  // Who asks for a proof is told what the record says, and nothing that was made of it before.
  if (lines.fold && !verify) await lines.fold(chains, fold, told);
  else await foldAll(lines, chains, fold, told);
  const reports = verify ? await verifyChains(lines, chains) : [];
  const faults = reports.reduce((sum, { findings }) => sum + findings.length, 0);
  const record = { ...fold.state(), ...(lines.holes && { holes: lines.holes(chains, until) }) };
  const { records, from, to, hash, uncertain } = record;
  const chain = !verify ? 'not checked' : faults === 0 ? 'intact' : 'faulty';
  return { record, entry: { records, from, to, hash, chain, faults, unsettled: uncertain.length } };
}
