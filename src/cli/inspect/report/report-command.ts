import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ReportFormat, ReportOptions } from './report.ts';
import { clusterRecord, clustersFlag } from '../../options/clusters.ts';
import { refusedLog, refusedLogFlag } from '../refused/refused-log.ts';
import { clusterId, onePoint, withKubeconfig, type Run } from '../../options/options.ts';

type Output = ReportOptions['output'];
const formats: readonly string[] = ['text', 'json', 'csv', 'html', 'console'] satisfies readonly ReportFormat[];

/** The report for auditors. */
export function addReportCommand(program: Command, run: Run): void {
  withKubeconfig(program.command('report'))
    .description('for auditors: every rule by point with its owner, justification, age, and whether it is in force')
    .option('-f, --filename <path...>', 'files, directories and - for standard input, instead of the cluster')
    .option(...clusterId)
    .option('--secrets-dir <dir>', 'with --live: credentials as files, <dir>/<secret>/<key>')
    .option('--audit-dir <dir>', 'directory of the audit record; or POSTERN_AUDIT_DIR; absent: ./postern-audit')
    .option(...clustersFlag, clusterRecord)
    .option('--at <time>', 'the state at a time, from the record alone: 2026-01-31T12:00:00Z, or 90s, 30m, 12h, 7d ago')
    .option(...onePoint)
    .option('--live', 'read the devices, too: their rules, and hit counters where available; read-only')
    .option(...refusedLogFlag, refusedLog)
    .option('--verify', 'check the chains of the record on the way; exit code 1 if anything was edited, dropped or cut')
    .addOption(
      new Option(
        '-o, --output <format or file>',
        'text, json, csv, html or console; or a file, whose extension decides the format',
      )
        .argParser(output)
        .default({ format: 'text' } satisfies Output, 'text'),
    )
    .addHelpText('after', explanation)
    .action(run(async () => (await import('./report.ts')).report));
}

const explanation = `
Both may be given: -o html --output report.html. html is a page to print and to keep, console a page to search: matrix,
points and timeline in one file that needs no server.
JSON: {made, points: [{name, adapter, mode, version, assumes, rules, live, notLive, unknown, flagged, drift, groups, record}],
rules: [{point, position, id, deviceRules, action, sources, subject, who, addresses, destination, ports, policy, service,
governance, log, profile, changedBy, since, changedAt, changeReason, verifiedAt, live, hits, mesh, losses, flags}],
problems, refused: [{who, serviceAccount, to, by, times, first, last}]} (refused with --refused-log). null means not known; "" and [] mean none. CSV: one line for each rule, safe to open in a spreadsheet.`;

/** Once a format, once a file, in any order; a file alone is in the format of its ending. */
function output(
  value: string,
  before: Output & { readonly isFormatGiven?: true },
): Output & { readonly isFormatGiven?: true } {
  const format = formatIn(value);
  if (format !== undefined) return { ...before, format, isFormatGiven: true };
  if (before.file !== undefined)
    throw new InvalidArgumentError(`This must be one of ${formats.join(', ')}, and one file.`);
  const ending = formatIn(value.slice(value.lastIndexOf('.') + 1)) ?? (value.endsWith('.txt') ? 'text' : undefined);
  if (before.isFormatGiven) return { ...before, file: value };
  if (ending === undefined)
    throw new InvalidArgumentError(
      `"${value}" is none of ${formats.join(', ')}; a file ends in .json, .csv, .html or .txt, unless -o says its format before.`,
    );
  return { format: ending, file: value };
}

function formatIn(text: string): ReportFormat | undefined {
  return formats.includes(text) ? (text as ReportFormat) : undefined;
}
