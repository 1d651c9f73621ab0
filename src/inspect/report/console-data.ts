import { counted } from '../../core/text/wording.ts';
import { loadAdapter } from '../../../adapters/index.ts';
import type { AuditLines } from '../../audit/audit-store.ts';
import { matrixView } from '../../console/views/matrix.ts';
import { lossViews, pointView, type PointState } from '../../console/views/points.ts';
import type { Embedded, Made, PointView } from '../../console/views/shapes.ts';
import { readTimeline } from '../../console/serve/timeline.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { overviewOf } from '../../core/status/overview.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import type { PointEntry, Report } from '../../report/report.ts';
import { compileIntent } from '../intent.ts';

interface Sources {
  readonly report: Report;
  readonly cluster: string;
  /** Undefined: the record alone is asked. */
  readonly snapshot: Snapshot | undefined;
  readonly record: AuditLines;
}

/** What the console needs of a report to show it without a server. */
export async function consoleData({ report, cluster, snapshot, record }: Sources): Promise<Embedded> {
  const { about, version, from } = report.made;
  const made: Made = { at: about, cluster, from, live: false };
  const points =
    snapshot === undefined ? report.points.map((entry) => recorded(entry, report)) : await now(report, snapshot);
  const viewer = { name: null, hidden: [] };
  return {
    overview: { api: 1, version, made, viewer, points, problems: report.problems },
    matrix: snapshot === undefined ? null : matrixView(snapshot, remainingFrom(Date.parse(about))),
    timeline: await readTimeline(record, about),
  };
}

async function now(report: Report, snapshot: Snapshot): Promise<readonly PointView[]> {
  const { desired } = compileIntent(snapshot, Date.parse(report.made.about));
  const known = new Map(snapshot.enforcementPoints.map((point) => [point.metadata.name, point]));
  return Promise.all(
    report.points.map(async (entry) => {
      const point = known.get(entry.name);
      if (point === undefined) return recorded(entry, report);
      const adapter = await loadAdapter(point.spec.adapter);
      const facts = {
        ...{ point, desired: desired(entry.name), namespaces: snapshot.namespaces },
        inMesh: adapter === undefined ? undefined : adapter.inMesh !== undefined,
        maxMembersPerGroup: adapter?.capabilities.maxMembersPerGroup,
      };
      return pointView(facts, stateOf(point, entry, report));
    }),
  );
}

/** What the report found, and else what the status says. */
function stateOf(point: EnforcementPoint, entry: PointEntry, report: Report): PointState {
  const none = { ExternalService: [], EgressPolicy: [], ClusterEgressPolicy: [] };
  const now = Date.parse(report.made.about);
  const written = point['status'] === undefined || report.made.live ? [] : [point];
  const [status] = overviewOf({ ...none, EnforcementPoint: written }, now).points;
  const found = foundBy(entry);
  const losses = report.rules.filter((rule) => rule.point === entry.name).flatMap((rule) => rule.losses);
  return {
    ...found,
    ...(status && { ready: status.ready, message: status.message, liveSince: status.liveSince }),
    lastSyncTime: status?.lastSyncTime ?? found.lastSyncTime,
    losses,
  };
}

function foundBy({ rules, live, notLive, unknown, drift }: PointEntry): Omit<PointState, 'losses'> {
  const base = {
    reason: '',
    liveSince: null,
    lastSyncTime: drift?.at ?? null,
    drift:
      drift === null || drift.differences === 0
        ? null
        : { at: drift.at, healed: false, count: drift.differences, differences: [] },
    rulesThere: unknown === 0 ? live : null,
  };
  if (notLive > 0)
    return {
      ...base,
      ready: 'False',
      message: `${notLive} of ${counted(rules, 'rule')} ${notLive === 1 ? 'is' : 'are'} not in force.`,
    };
  if (unknown > 0)
    return {
      ...base,
      ready: 'Unknown',
      message: 'This shows the intent; the files it was made from do not say what is in force.',
    };
  return { ...base, ready: 'True', message: 'Every rule is in force.' };
}

/** A point of which only the record tells. */
function recorded(entry: PointEntry, { rules }: Report): PointView {
  const own = rules.filter((rule) => rule.point === entry.name);
  const members = entry.groups.map(({ addresses }) => addresses);
  return {
    ...{ name: entry.name, adapter: entry.adapter ?? '', mode: entry.mode, defaultAction: entry.defaultAction },
    ...{ vantage: null, gateway: null, inMesh: entry.inMesh, covers: null },
    ...foundBy(entry),
    rules: entry.rules,
    addresses: new Set(members.flat()).size,
    groups: entry.groups.length,
    largestGroup: { members: members.reduce((most, { length }) => Math.max(most, length), 0), max: null },
    losses: lossViews(
      own.flatMap((rule) => rule.losses),
      undefined,
    ),
  };
}
