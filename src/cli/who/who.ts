import { defaultAuditDir } from '../../compose/audit.ts';
import { canonicalAddress } from '../../core/net/address.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { readAddresses } from '../../audit/addresses/address-files.ts';
import { AssignmentIndex } from '../../core/addresses/assignment-index.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { recordOfNow, whoIsNow, whoWas, type WhoAnswer } from '../../inspect/who.ts';
import { annotator } from '../../traffic-log/annotate.ts';
import { logFormats } from '../../traffic-log/formats.ts';
import type { LogFormatName } from '../../traffic-log/names.ts';
import { timeOption } from '../inspect/time-option.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { exitCodes, painter, writeProblems, type ExitCode, type Io } from '../io.ts';
import { eachLine } from '../lines.ts';
import { doubtText, whoText } from './text.ts';

export interface WhoOptions extends IntentOptions {
  readonly at?: string;
  readonly auditDir?: string;
  readonly record?: true;
  readonly log?: LogFormatName;
  /** Of local time from UTC, in milliseconds. */
  readonly utcOffset: number;
  readonly output: 'text' | DataFormat;
}

/**
 * Which workload an address is or was, and what it could reach. With `log`, adds that to each line of a firewall's log on
 * standard input.
 */
export async function who(address: string | undefined, options: WhoOptions, io: Io): Promise<ExitCode> {
  if (options.filename !== undefined && (options.at !== undefined || options.record === true))
    throw new UsageError('files say how it is now: leave out -f, or leave out --at and --record');
  if (options.log !== undefined) {
    if (address !== undefined) throw new UsageError('--log reads addresses from standard input: leave out the address');
    return annotate(options.log, options, io);
  }
  if (address === undefined)
    throw new UsageError('which address? give one, or --log FORMAT and a log on standard input');
  const canonical = canonicalAddress(address);
  if (canonical === undefined) throw new UsageError(`"${address}" is no address such as 10.2.3.4 or 2001:db8::1`);
  const found = await answerTo(canonical, options, io);
  if (isData(options.output)) writeData(forJson(found), options.output, io);
  else io.out.write(whoText(found, painter(io.out, io.environment)));
  return found.doubts.length > 0 || found.faults.length > 0 ? exitCodes.unknown : exitCodes.ok;
}

async function answerTo(address: string, options: WhoOptions, io: Io): Promise<WhoAnswer> {
  const now = io.clock.now();
  if (isOnRecord(options)) {
    const at = options.at === undefined ? now : Date.parse(timeOption(options.at, now));
    return whoWas(directoryOf(options, io), address, at);
  }
  return whoIsNow(await snapshotOf(options, io), address, now);
}

async function annotate(format: LogFormatName, options: WhoOptions, io: Io): Promise<ExitCode> {
  const { record, faults } = isOnRecord(options)
    ? await readAddresses(directoryOf(options, io))
    : { record: recordOfNow(await snapshotOf(options, io), Infinity), faults: [] };
  for (const fault of faults) io.err.write(`warning: ${fault}: this line of the record cannot be read\n`);
  const { line, counts } = annotator(logFormats[format], options.utcOffset, new AssignmentIndex(record));
  await eachLine(io.stdin(), (lines) => io.out.write(lines.map((one) => `${line(one)}\n`).join('')));
  const { lines, known, doubtful, unread } = counts;
  io.err.write(
    `${lines} lines: ${known} with their workload, ${doubtful} in doubt, ${unread} about no flow or not read\n`,
  );
  return exitCodes.ok;
}

/** Files and the cluster are asked only where nobody asks for the past. A log is of the past. */
function isOnRecord({ at, record, log, filename }: WhoOptions): boolean {
  return filename === undefined && (at !== undefined || record === true || log !== undefined);
}

function directoryOf({ auditDir }: WhoOptions, { environment }: Io): string {
  return auditDir ?? environment.auditDir ?? defaultAuditDir;
}

async function snapshotOf(options: WhoOptions, io: Io) {
  const cluster = options.cluster ?? io.environment.cluster ?? 'cluster';
  const { snapshot, problems } = await readIntent({ ...options, cluster }, io);
  writeProblems(problems, io);
  return snapshot;
}

function forJson({ at, holders, behindNode, doubts, ...rest }: WhoAnswer) {
  const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());
  const shown = (all: WhoAnswer['holders']) =>
    all.map(({ since, earliest, until, endedAfter: _, ...who }) => ({
      ...who,
      since: since === 0 ? null : time(Math.min(since, earliest)),
      until: time(until),
    }));
  return {
    ...rest,
    at: time(at),
    holders: shown(holders),
    behindNode: shown(behindNode),
    doubts: doubts.map((doubt) => ({ kind: doubt.kind, message: doubtText(doubt, holders) })),
  };
}
