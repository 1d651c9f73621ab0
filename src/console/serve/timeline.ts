import type { AuditLines } from '../../audit/audit-store.ts';
import { pointOfChain } from '../../audit/files/audit-files.ts';
import { TimelineReader } from '../views/timeline.ts';
import type { TimelineView } from '../views/shapes.ts';

/** Of all points together. */
const mostChanges = 1_000;

/** What the record tells, all chains together, the latest first. One line in memory at a time. @param until RFC 3339 */
export async function readTimeline(lines: AuditLines, until = '9999'): Promise<TimelineView> {
  const ends = [];
  for (const chain of await lines.points()) {
    const reader = new TimelineReader(chain, pointOfChain(chain), await lines.keptHead(chain));
    for await (const { text, where } of lines.lines(chain)) reader.line(text, where);
    ends.push(reader.end());
  }
  const changes = ends.flatMap((end) => end.changes.filter(({ at }) => at <= until));
  changes.sort((a, b) => (a.at < b.at ? 1 : -1));
  const left = ends.reduce((sum, end) => sum + end.left, Math.max(0, changes.length - mostChanges));
  return { changes: changes.slice(0, mostChanges), left, records: ends.map(({ record }) => record) };
}
