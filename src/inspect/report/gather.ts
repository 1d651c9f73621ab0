import { loadAdapter } from '../../../adapters/index.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import { compareProblems, type Problem } from '../../api/problem.ts';
import { holeSentences } from '../../core/audit/continuity.ts';
import { counted } from '../../core/text/wording.ts';
import { PolicyCatalogue } from '../../report/rules/governance.ts';
import type { PointReport } from '../../report/rules/point-report.ts';
import { reportOfIntent } from '../../report/rules/from-intent.ts';
import { joinPoints } from '../../report/rules/compare-points.ts';
import { reportOfRecord } from '../../report/rules/from-record.ts';
import type { Made, Report } from '../../report/report.ts';
import { WorkloadFinder } from '../../report/rules/workloads.ts';
import type { Sessions } from '../../worker/sessions/sessions.ts';
import { compileIntent, type Intent } from '../intent.ts';
import { choosePoints, noSuchPoint } from '../points.ts';
import { assumptionsIn } from '../../verify/compare/assumptions.ts';
import { remainingFrom } from '../../verify/values/time.ts';
import { readPoints } from './points.ts';
import type { PointRecord } from './record.ts';

export interface Gathered {
  readonly made: Made;
  readonly records: ReadonlyMap<string, PointRecord>;
  /** This enforcement point alone; undefined: all. */
  readonly point: string | undefined;
}

/** What should be there now, and how far it is. @throws UsageError when there is no such point */
export async function reportNow(
  intent: Pick<Intent, 'snapshot' | 'problems' | 'cluster'>,
  gathered: Gathered & { readonly sessions: Sessions | undefined },
): Promise<Report> {
  const points = choosePoints(intent, undefined);
  const known = new Set(points.map(({ metadata }) => metadata.name));
  const asks = chooser(gathered, new Set([...known, ...gathered.records.keys()]));
  const wanted = await ofIntent(intent, points, { ...gathered, asks });
  const lost = await abandoned(known, gathered);
  const problems = [...intent.problems, ...wanted.problems, ...lost.problems];
  return put([...wanted.reports, ...lost.reports], gathered, { asks, problems });
}

interface PointReports {
  readonly reports: readonly PointReport[];
  readonly problems: readonly Problem[];
}

/** What it is made from, of which there is much, is needed no longer. */
async function ofIntent(
  { snapshot, cluster }: Pick<Intent, 'snapshot' | 'cluster'>,
  points: readonly EnforcementPoint[],
  { made, records, sessions, asks }: Gathered & { readonly sessions: Sessions | undefined; readonly asks: Chooser },
): Promise<PointReports> {
  const now = Date.parse(made.about);
  const intent = compileIntent(snapshot, now);
  const assumptions = assumptionsIn(snapshot, points);
  const sources = { intent, cluster, records, sessions, asks, assumptions, at: made.at };
  const { inputs, failures } = await readPoints(points, sources);
  const catalogue = new PolicyCatalogue(snapshot);
  const context = { catalogue, workloads: new WorkloadFinder(snapshot, catalogue), remaining: remainingFrom(now) };
  const reports = inputs.map((input) => reportOfIntent(input, context));
  return { reports, problems: [...intent.problems(), ...failures] };
}

/** What was there then, by the record alone. @throws UsageError when there is no such point */
export async function reportThen(gathered: Gathered): Promise<Report> {
  const { records } = gathered;
  const asks = chooser(gathered, new Set(records.keys()));
  const reports = await Promise.all([...records].map((known) => recorded(known, gathered)));
  return put(reports, gathered, { asks, problems: [] });
}

/** Points that are gone and that the record still has rules of. */
async function abandoned(known: ReadonlySet<string>, gathered: Gathered): Promise<PointReports> {
  const others = [...gathered.records].filter(([name]) => !known.has(name));
  const all = await Promise.all(others.map((one) => recorded(one, gathered)));
  const reports = all.filter(({ rules }) => rules.length > 0);
  const problems = reports.map(({ point: { name, rules } }): Problem => {
    const message = `the point no longer exists, and according to the audit record ${rules} rules of Postern are still on its device; create the point again, and remove them with \`postern withdraw\``;
    return { severity: 'warning', subject: `EnforcementPoint/${name}`, field: '', code: 'point-abandoned', message };
  });
  return { reports, problems };
}

async function recorded(
  [name, { record }]: readonly [string, PointRecord],
  { made }: Pick<Gathered, 'made'>,
): Promise<PointReport> {
  const adapter = await loadAdapter(record.adapter);
  const inMesh = adapter === undefined ? null : adapter.inMesh !== undefined;
  return reportOfRecord({ name, record, inMesh, remaining: remainingFrom(Date.parse(made.about)) });
}

type Chooser = (point: string) => boolean;

function put(
  reports: readonly PointReport[],
  { made, records }: Gathered,
  { asks, problems }: { readonly asks: Chooser; readonly problems: readonly Problem[] },
): Report {
  const joined = joinPoints(reports, (point) => records.get(point)?.entry ?? null, asks);
  const faulty = joined.flatMap(({ point: { name, record } }): Problem[] => {
    if (record?.chain !== 'faulty') return [];
    const message = `the audit record has ${counted(record.faults, 'fault')}; \`postern audit verify\` names them`;
    return [{ severity: 'error', subject: `EnforcementPoint/${name}`, field: '', code: 'record-faulty', message }];
  });
  const incomplete = joined.flatMap(({ point: { name } }): Problem[] =>
    holeSentences(records.get(name)?.record.holes ?? [], name).map((message) => {
      return {
        severity: 'warning',
        subject: `EnforcementPoint/${name}`,
        field: '',
        code: 'record-incomplete',
        message,
      };
    }),
  );
  return {
    made,
    points: joined.map(({ point }) => point),
    rules: joined.flatMap(({ rules }) => rules),
    problems: [...problems, ...faulty, ...incomplete].sort(compareProblems),
  };
}

function chooser({ point }: Gathered, known: ReadonlySet<string>): Chooser {
  if (point === undefined) return () => true;
  if (known.has(point)) return (name) => name === point;
  throw noSuchPoint(point, [...known].sort());
}
