import { closeSync, openSync, writeSync } from 'node:fs';
import { FileAuditLines } from '../../audit/file-audit-lines.ts';
import type { Report } from '../../report/report.ts';
import { systemClock } from '../../compose/clock.ts';
import { defaultAuditDir } from '../../compose/audit.ts';
import { lazyObjects } from '../../compose/lazy-cluster.ts';
import { complain, exitFor } from '../input.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { painter, UsageError, type ExitCode, type Io, type Sink } from '../io.ts';
import { momentIn } from '../moment.ts';
import { inPieces } from '../pieces.ts';
import { openSessions } from '../../inspect/plan-points.ts';
import { reportNow, reportThen } from '../../inspect/report/gather.ts';
import { readRecord } from '../../inspect/report/record.ts';
import { version } from '../../compose/version.ts';
import { visible } from '../../log/printable.ts';

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
  const directory = recordDir(options, io);
  const records = await readRecord(new FileAuditLines(directory), { verify: options.verify === true });
  const intent = await readIntent(options, io);
  const { filename, live = false, point } = options;
  const kubernetes = filename ? undefined : lazyObjects(options);
  const sessions = live ? openSessions(intent.cluster, intent.secrets, io, kubernetes && { kubernetes }) : undefined;
  const at = new Date(now).toISOString();
  const source = { from: filename ? 'files' : 'cluster', inputs: filename ?? [intent.cluster] } as const;
  try {
    const made = { at, version, about: at, record: directory, live, ...source };
    return await reportNow(intent, { made, records, sessions, point });
  } finally {
    await sessions?.close();
  }
}

/** What was there then, by the record alone. */
async function ofThen(at: string, options: ReportOptions, io: Io): Promise<Report> {
  const about = momentIn(at);
  const record = recordDir(options, io);
  const records = await readRecord(new FileAuditLines(record), { until: about, verify: options.verify === true });
  if (records.size === 0)
    throw new UsageError(`nothing is on record in ${record}; give --audit-dir, as \`postern run\` had it`);
  const now = new Date(systemClock.now()).toISOString();
  const made = { at: now, version, about, record, live: false, from: 'record', inputs: [] } as const;
  return reportThen({ made, records, point: options.point });
}

function recordDir({ auditDir }: ReportOptions, { environment }: Io): string {
  return auditDir ?? environment.auditDir ?? defaultAuditDir;
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
      const { reportText } = await import('../../report/output/report-text.ts');
      return reportText(made, sink.width, painter(sink, io.environment));
    }
    case 'html': {
      const { reportHtml } = await import('../../report/output/report-html.ts');
      return reportHtml(made);
    }
    case 'json':
    case 'csv': {
      const { reportCsv, reportJson } = await import('../../report/output/report-data.ts');
      return format === 'json' ? reportJson(made) : reportCsv(made);
    }
  }
}
