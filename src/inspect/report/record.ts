import { pointOfChain } from '../../audit/files/audit-files.ts';
import type { AuditLines } from '../../audit/audit-store.ts';
import { ChainVerifier } from '../../core/audit/verify-chain.ts';
import { RecordedStateReader, type RecordedState } from '../../report/record/recorded-state.ts';
import type { RecordEntry } from '../../report/report.ts';
import { grouped } from '../../core/model/grouped.ts';

/** What is on record of a point. */
export interface PointRecord {
  readonly record: RecordedState;
  readonly entry: RecordEntry;
}

export interface RecordChoice {
  /** RFC 3339 in UTC with milliseconds; absent: all there is. */
  readonly until?: string;
  /** Check the chains while they are read, to their end. */
  readonly verify: boolean;
}

/** Every point that anything is on record of. One line in memory at a time. */
export async function readRecord(lines: AuditLines, choice: RecordChoice): Promise<ReadonlyMap<string, PointRecord>> {
  const chains = grouped((await lines.points()).map((chain) => [pointOfChain(chain), chain]));
  const records = new Map<string, PointRecord>();
  for (const [point, own] of chains) records.set(point, await readPoint(lines, point, own.sort(byAge), choice));
  return records;
}

/** `edge` before `edge~2` before `edge~10`. */
function byAge(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

/** A chain that was lost and begun anew goes on from what the one before had brought about. */
async function readPoint(
  lines: AuditLines,
  point: string,
  chains: readonly string[],
  { until, verify }: RecordChoice,
): Promise<PointRecord> {
  const fold = new RecordedStateReader(until);
  let faults = 0;
  for (const chain of chains) {
    const verifier = verify ? new ChainVerifier(point, { head: await lines.keptHead(chain) }) : undefined;
    let counts = true;
    for await (const { text, where } of lines.lines(chain)) {
      verifier?.line(text, where);
      counts &&= fold.line(text);
      if (!counts && verifier === undefined) break;
    }
    faults += verifier?.end().findings.length ?? 0;
  }
  const record = fold.state();
  const { records, from, to, hash, uncertain } = record;
  const chain = !verify ? 'not checked' : faults === 0 ? 'intact' : 'faulty';
  return { record, entry: { records, from, to, hash, chain, faults, unsettled: uncertain.length } };
}
