import { closeSync, openSync, writeSync } from 'node:fs';
import { adapters } from '../../../adapters/index.ts';
import { FileAuditLines } from '../../audit/file-audit-lines.ts';
import { toChanges } from '../../core/compile/changes.ts';
import { Compiler } from '../../core/compile/compiler.ts';
import { compareProblems, compareText, type Problem } from '../../core/model/problem.ts';
import { Catalogue } from '../../core/report/catalogue.ts';
import type { PointReport } from '../../core/report/report-draft.ts';
import { reportOfIntent } from '../../core/report/report-intent.ts';
import { joinPoints } from '../../core/report/report-points.ts';
import { reportOfRecord } from '../../core/report/report-record.ts';
import type { Made, Report } from '../../core/report/report.ts';
import { Whereabouts } from '../../core/report/whereabouts.ts';
import { snapshotAfter } from '../../core/verify/snapshot.ts';
import { ClusterObjects } from '../../kube/api/objects.ts';
import { systemClock } from '../clock.ts';
import { defaultAuditDir } from '../compose/audit.ts';
import { openCluster } from '../compose/kubernetes.ts';
import { complain, exitFor, remainingFrom } from '../input.ts';
import { readIntent, type IntentOptions } from '../intent.ts';
import { painter, UsageError, type ExitCode, type Io, type Sink } from '../io.ts';
import { momentIn } from '../moment.ts';
import { inPieces } from '../pieces.ts';
import { openSessions } from '../plan-points.ts';
import { readPoints } from '../report/points.ts';
import { readRecord, type PointRecord } from '../report/record.ts';
import { version } from '../version.ts';
import { visible } from '../visible.ts';

export type ReportFormat = 'text' | 'json' | 'csv' | 'html';

export interface ReportOptions extends IntentOptions {
  readonly auditDir?: string;
  /** A moment in the past, of which the record alone is asked. */
  readonly at?: string;
  readonly point?: string;
  /** Ask the devices, too; reads only. */
  readonly live?: true;
  /** Check the chains of the record. */
  readonly verify?: true;
  readonly output: { readonly format: ReportFormat; readonly file?: string };
}

/** The rules by point, as an auditor wants them. 1 if anything that was asked could not be read, or the record is faulty. */
export async function report(options: ReportOptions, io: Io): Promise<ExitCode> {
  if (options.at !== undefined && options.live === true)
    throw new UsageError('--live asks the devices as they are now; leave it out to ask about --at');
  const made = options.at === undefined ? await ofNow(options, io) : await ofThen(options.at, options, io);
  if (options.output.format !== 'json') complain(made.problems, io);
  await print(made, options.output, io);
  return exitFor(made.problems);
}

/** What should be there now, and how far it is. */
async function ofNow(options: ReportOptions, io: Io): Promise<Report> {
  const now = systemClock.now();
  const records = await readRecord(new FileAuditLines(recordDir(options, io)), { verify: options.verify === true });
  const intent = await readIntent(options, io);
  const snapshot = snapshotAfter(intent.changes);
  const compiler = new Compiler();
  compiler.apply(toChanges(snapshot), new Date(now).toISOString());
  const kubernetes = options.filename ? undefined : new ClusterObjects(openCluster(options));
  const sessions = options.live && openSessions(intent.cluster, intent.secrets, io, kubernetes && { kubernetes });
  try {
    const points = snapshot.enforcementPoints.toSorted((a, b) => compareText(a.metadata.name, b.metadata.name));
    const asks = chooser(options, new Set([...points.map(({ metadata }) => metadata.name), ...records.keys()]));
    const { cluster } = intent;
    const { inputs, failures } = await readPoints(points, { compiler, cluster, records, sessions, asks });
    const catalogue = new Catalogue(snapshot);
    const context = { catalogue, whereabouts: new Whereabouts(snapshot, catalogue), remaining: remainingFrom(now) };
    const wanted = inputs.map((input) => reportOfIntent(input, context));
    const { reports: lost, problems } = await abandoned(new Set(wanted.map(({ point }) => point.name)), records, now);
    const found = [...intent.problems, ...compiler.problems(), ...failures, ...problems];
    const source = { from: options.filename ? 'files' : 'cluster', inputs: options.filename ?? [cluster] } as const;
    return put([...wanted, ...lost], records, { asks, made: madeOf(options, io, now, source), problems: found });
  } finally {
    await sessions?.close();
  }
}

/** What was there then, by the record alone. */
async function ofThen(at: string, options: ReportOptions, io: Io): Promise<Report> {
  const until = momentIn(at);
  const records = await readRecord(new FileAuditLines(recordDir(options, io)), {
    until,
    verify: options.verify === true,
  });
  if (records.size === 0)
    throw new UsageError(
      `nothing is on record in ${recordDir(options, io)}; give --audit-dir, as \`postern run\` had it`,
    );
  const asks = chooser(options, new Set(records.keys()));
  const reports = await Promise.all([...records].map((known) => recorded(known, Date.parse(until))));
  const made = madeOf(options, io, systemClock.now(), { from: 'record', inputs: [], about: until });
  return put(reports, records, { asks, made, problems: [] });
}

/** Points that are gone and that the record still has rules of. */
async function abandoned(
  known: ReadonlySet<string>,
  records: ReadonlyMap<string, PointRecord>,
  now: number,
): Promise<{ readonly reports: readonly PointReport[]; readonly problems: readonly Problem[] }> {
  const others = [...records].filter(([name]) => !known.has(name));
  const all = await Promise.all(others.map((one) => recorded(one, now)));
  const reports = all.filter(({ rules }) => rules.length > 0);
  const problems = reports.map(({ point: { name, rules } }): Problem => {
    const message = `there is no such point any more, and ${rules} rules are still on its device as far as is on record; \`postern withdraw\` takes them off`;
    return { severity: 'warning', subject: `EnforcementPoint/${name}`, field: '', code: 'point-abandoned', message };
  });
  return { reports, problems };
}

async function recorded([name, { record }]: readonly [string, PointRecord], about: number): Promise<PointReport> {
  const adapter = await adapters[record.adapter]?.();
  const inMesh = adapter === undefined ? null : adapter.inMesh !== undefined;
  return reportOfRecord({ name, record, inMesh, remaining: remainingFrom(about) });
}

function put(
  reports: readonly PointReport[],
  records: ReadonlyMap<string, PointRecord>,
  { asks, made, problems }: { asks: (point: string) => boolean; made: Made; problems: readonly Problem[] },
): Report {
  const joined = joinPoints(reports, (point) => records.get(point)?.entry ?? null, asks);
  const faulty = joined.flatMap(({ point: { name, record } }): Problem[] => {
    if (record?.chain !== 'faulty') return [];
    const message = `the audit record has ${record.faults} faults; \`postern audit verify\` names them`;
    return [{ severity: 'error', subject: `EnforcementPoint/${name}`, field: '', code: 'record-faulty', message }];
  });
  return {
    made,
    points: joined.map(({ point }) => point),
    rules: joined.flatMap(({ rules }) => rules),
    problems: [...problems, ...faulty].sort(compareProblems),
  };
}

function madeOf(
  options: ReportOptions,
  io: Io,
  now: number,
  source: Pick<Made, 'from' | 'inputs'> & Partial<Pick<Made, 'about'>>,
): Made {
  const at = new Date(now).toISOString();
  return { at, version, about: at, record: recordDir(options, io), live: options.live === true, ...source };
}

function recordDir({ auditDir }: ReportOptions, { environment }: Io): string {
  return auditDir ?? environment.auditDir ?? defaultAuditDir;
}

function chooser({ point }: ReportOptions, known: ReadonlySet<string>): (name: string) => boolean {
  if (point === undefined) return () => true;
  if (known.has(point)) return (name) => name === point;
  throw new UsageError(`there is no EnforcementPoint "${point}"; there are: ${[...known].sort().join(', ') || 'none'}`);
}

async function print(made: Report, { format, file }: ReportOptions['output'], io: Io): Promise<void> {
  if (file === undefined) {
    write(await render(made, format, io.out, io), io.out);
    return;
  }
  const descriptor = openSync(file, 'w');
  try {
    const sink = { isTerminal: false, width: 120, write: (text: string) => void writeSync(descriptor, text) };
    write(await render(made, format, sink, io), visible(sink));
  } finally {
    closeSync(descriptor);
  }
}

function write(lines: Iterable<string>, sink: Sink): void {
  for (const piece of inPieces(lines)) sink.write(piece);
}

async function render(made: Report, format: ReportFormat, sink: Sink, io: Io): Promise<Iterable<string>> {
  switch (format) {
    case 'text': {
      const { reportText } = await import('../../core/report/report-text.ts');
      return reportText(made, sink.width, painter(sink, io.environment));
    }
    case 'html': {
      const { reportHtml } = await import('../../core/report/report-html.ts');
      return reportHtml(made);
    }
    case 'json':
    case 'csv': {
      const { reportCsv, reportJson } = await import('../../core/report/report-data.ts');
      return format === 'json' ? reportJson(made) : reportCsv(made);
    }
  }
}
