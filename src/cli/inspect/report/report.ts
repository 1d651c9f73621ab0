import { closeSync, openSync, writeSync } from 'node:fs';
import { FileAuditLines } from '../../../audit/files/file-audit-lines.ts';
import { LinesWithStates } from '../../../audit/files/lines-with-states.ts';
import { AssignmentIndex } from '../../../core/addresses/assignment-index.ts';
import { recordOfNow } from '../../../inspect/who.ts';
import { defaultAuditDir } from '../../../compose/choices.ts';
import { version } from '../../../compose/version.ts';
import { UsageError } from '../../../core/model/usage-error.ts';
import { openSessions } from '../../../inspect/devices.ts';
import { readIntent, type IntentOptions } from '../../../inspect/intent.ts';
import { reportNow, reportThen } from '../../../inspect/report/gather.ts';
import { readRecord, readRecords } from '../../../inspect/report/record.ts';
import { overlapsOf } from '../../../report/record/overlaps.ts';
import { lazyObjects } from '../../../kube/client/connect.ts';
import type { Snapshot } from '../../../core/model/snapshot.ts';
import type { Report } from '../../../report/report.ts';
import { exitFor, painter, safeSink, writeLines, writeProblems, type ExitCode, type Io, type Sink } from '../../io.ts';
import { recordSources, type RecordsOptions } from '../../options/clusters.ts';
import { indexOnRecord } from '../../who/records.ts';
import { refusedIn } from '../refused/refused-entries.ts';
import type { RefusedLog } from '../refused/refused-log.ts';
import { timeOption } from '../../options/time.ts';

export type ReportFormat = 'text' | 'json' | 'csv' | 'html' | 'console';

/** A report, and the world that it is about: undefined where the record alone was asked. */
interface Reported {
  readonly made: Report;
  readonly cluster: string;
  readonly snapshot: Snapshot | undefined;
}

export interface ReportOptions extends IntentOptions, RecordsOptions {
  /** A moment in the past, of which the record alone is asked. */
  readonly at?: string;
  readonly point?: string;
  /** Ask the devices, too; reads only. */
  readonly live?: true;
  /** Check the chains of the record. */
  readonly verify?: true;
  /** Told beside the rules. */
  readonly refusedLog?: RefusedLog;
  readonly output: { readonly format: ReportFormat; readonly file?: string };
}

/** The rules by point, as an auditor wants them. 1 if anything that was asked could not be read, or the record is faulty. */
export async function report(options: ReportOptions, io: Io): Promise<ExitCode> {
  if (options.at !== undefined && options.live === true)
    throw new UsageError('--live asks the devices as they are now; leave it out to ask about --at');
  const isThen = options.at !== undefined || options.clusters !== undefined;
  if (options.clusters !== undefined && (options.live === true || options.filename !== undefined))
    throw new UsageError('--clusters are records: leave out --live and -f');
  if (options.clusters !== undefined && options.output.format === 'console')
    throw new UsageError('a console page is of one cluster: choose another format, or give --audit-dir');
  const reported = await withRefused(
    isThen ? await ofThen(options.at ?? '0s', options, io) : await ofNow(options, io),
    options,
    io,
  );
  const { made } = reported;
  if (options.output.format !== 'json') writeProblems(made.problems, io);
  await print(reported, options.output, io);
  return exitFor(made.problems);
}

/** Who had the addresses of a log is on record, or as the files say. */
async function withRefused(reported: Reported, options: ReportOptions, io: Io): Promise<Reported> {
  const { refusedLog: log } = options;
  if (log === undefined) return reported;
  const { made, snapshot } = reported;
  const isOfFiles = options.filename !== undefined && snapshot !== undefined;
  const index = isOfFiles
    ? new AssignmentIndex(recordOfNow(snapshot, Infinity))
    : await indexOnRecord(recordSources(options, io), io);
  return { ...reported, made: { ...made, refused: await refusedIn(log, index) } };
}

/** What should be there now, and how far it is. */
async function ofNow(options: ReportOptions, io: Io): Promise<Reported> {
  const now = io.clock.now();
  const directory = recordDir(options, io);
  const records = await readRecord(new LinesWithStates(directory), {
    verify: options.verify === true,
    progress: io.progress,
  });
  const intent = await readIntent(options, io);
  const { filename, live = false, point } = options;
  const kubernetes = filename ? undefined : lazyObjects(options, io.signal);
  const sessions = live ? openSessions(intent, io, kubernetes && { kubernetes }) : undefined;
  const at = new Date(now).toISOString();
  const source = { from: filename ? 'files' : 'cluster', inputs: filename ?? [intent.cluster] } as const;
  try {
    const made = { at, version, about: at, record: directory, live, ...source };
    const report = await reportNow(intent, { made, records, sessions, point });
    return { made: report, cluster: intent.cluster, snapshot: intent.snapshot };
  } finally {
    await sessions?.close();
  }
}

/** What was there then, by the record alone. */
async function ofThen(at: string, options: ReportOptions, io: Io): Promise<Reported> {
  const about = timeOption(at, io.clock.now());
  const sources = recordSources(options, io);
  const record = sources
    .map(({ cluster, directory }) => (cluster === undefined ? directory : `${cluster}=${directory}`))
    .join(', ');
  const all = await readRecords(sources, { until: about, verify: options.verify === true, progress: io.progress });
  const records = new Map(all.map(({ name, record: own }) => [name, own]));
  if (records.size === 0)
    throw new UsageError(`nothing is on record in ${record}; give --audit-dir, as \`postern run\` had it`);
  const now = new Date(io.clock.now()).toISOString();
  const made = { at: now, version, about, record, live: false, from: 'record', inputs: [] } as const;
  const then = await reportThen({ made, records, point: options.point });
  const overlaps = overlapsOf(
    all.flatMap(({ cluster, name, record: { record: state } }) =>
      cluster === undefined ? [] : [{ cluster, name, state }],
    ),
  );
  const report = { ...then, problems: [...then.problems, ...overlaps] };
  return { made: report, cluster: options.cluster ?? io.environment.cluster ?? '', snapshot: undefined };
}

function recordDir({ auditDir }: ReportOptions, { environment }: Io): string {
  return auditDir ?? environment.auditDir ?? defaultAuditDir;
}

async function print(made: Reported, { format, file }: ReportOptions['output'], io: Io): Promise<void> {
  if (file === undefined) {
    await writeLines(await render(made, format, io.out, io), io.out);
    return;
  }
  const descriptor = openSync(file, 'w');
  try {
    const sink = { isTerminal: false, width: 120, write: (text: string) => void writeSync(descriptor, text) };
    await writeLines(await render(made, format, sink, io), safeSink(sink));
  } finally {
    closeSync(descriptor);
  }
}

async function render(reported: Reported, format: ReportFormat, sink: Sink, io: Io): Promise<Iterable<string>> {
  const { made } = reported;
  switch (format) {
    case 'text': {
      const { reportText } = await import('../../../report/output/report-text.ts');
      return reportText(made, sink.width, painter(sink, io.environment));
    }
    case 'html': {
      const { reportHtml } = await import('../../../report/output/report-html.ts');
      return reportHtml(made);
    }
    case 'console': {
      const { consoleData } = await import('../../../inspect/report/console-data.ts');
      const [{ filePage }, { readAssets }] = await Promise.all([
        import('../../../console/page/page.ts'),
        import('../../../console/page/assets.ts'),
      ]);
      const record = new FileAuditLines(made.made.record);
      return filePage(await readAssets(), await consoleData({ ...reported, report: made, record }));
    }
    case 'json':
    case 'csv': {
      const { reportCsv, reportJson } = await import('../../../report/output/report-data.ts');
      return format === 'json' ? reportJson(made) : reportCsv(made);
    }
  }
}
