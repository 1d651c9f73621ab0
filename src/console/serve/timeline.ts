import type { AuditLines } from '../../audit/audit-store.ts';
import { pointOfChain } from '../../audit/files/audit-files.ts';
import { byNumber, originOf, type Origin } from '../../audit/verify-chains.ts';
import { grouped } from '../../core/model/grouped.ts';
import { TimelineReader } from '../views/timeline.ts';
import type { TimelineView } from '../views/shapes.ts';

type Ended = ReturnType<TimelineReader['end']>;

/** Of all points together. */
const mostChanges = 1_000;

/** What the record tells, all chains together, the latest first. One line in memory at a time. @param until RFC 3339 */
export async function readTimeline(lines: AuditLines, until = '9999'): Promise<TimelineView> {
  const ends = [];
  for (const chains of grouped((await lines.points()).map((chain) => [pointOfChain(chain), chain])).values())
    for (const end of await readPoint(lines, chains.sort(byNumber))) ends.push(end);
  const changes = ends.flatMap((end) => end.changes.filter(({ at }) => at <= until));
  changes.sort((a, b) => (a.at < b.at ? 1 : -1));
  const left = ends.reduce((sum, end) => sum + end.left, Math.max(0, changes.length - mostChanges));
  return { changes: changes.slice(0, mostChanges), left, records: ends.map(({ record }) => record) };
}

/** The chains of one point, each of which may go on from a record of one before. */
async function readPoint(lines: AuditLines, chains: readonly string[]): Promise<readonly Ended[]> {
  const origins = new Map<string, Origin>();
  for (const chain of chains) origins.set(chain, await originOf(lines, chain));
  const sought = new Set([...origins.values()].flatMap((origin) => origin?.hash ?? []));
  const found = new Set<string>();
  const ends: Ended[] = [];
  for (const chain of chains) {
    const origin = origins.get(chain);
    const known = origin !== undefined && found.has(origin.hash) ? origin : undefined;
    const reader = new TimelineReader(chain, pointOfChain(chain), await lines.keptHead(chain), known);
    for await (const { text, where } of lines.lines(chain)) {
      reader.line(text, where);
      if (sought.has(reader.hash)) found.add(reader.hash);
    }
    ends.push(reader.end());
  }
  return ends;
}
