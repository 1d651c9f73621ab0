import { canonicalAddress } from '../../net/address.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { counted } from '../../core/text/wording.ts';
import { AssignmentIndex } from '../../core/addresses/assignment-index.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { recordOfNow, addressHoldersNow, type WhoAnswer } from '../../inspect/who.ts';
import { annotator } from '../../traffic-log/annotate.ts';
import { logFormats } from '../../traffic-log/formats.ts';
import { Refusals, type Refusal } from '../../traffic-log/refusals.ts';
import type { LogFormatName } from '../../traffic-log/names.ts';
import { otherFormat } from '../../traffic-log/other-format.ts';
import { timeOption } from '../options/time.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { recordSources, type RecordsOptions } from '../options/clusters.ts';
import { exitCodes, painter, writeProblems, type ExitCode, type Io } from '../io.ts';
import { eachLine } from '../lines.ts';
import { answersOnRecord, indexOnRecord, type AnswerOf } from './records.ts';
import { doubtText, refusalsText, whoText } from './text.ts';

export interface WhoOptions extends IntentOptions, RecordsOptions {
  readonly at?: string;
  readonly record?: true;
  readonly log?: LogFormatName;
  /** With `log`: refused flows by workload and rule, instead of the lines. */
  readonly refused?: true;
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
  if (options.filename !== undefined && options.clusters !== undefined)
    throw new UsageError('files say how it is now, and --clusters are records: leave out one of them');
  if (options.log !== undefined) {
    if (address !== undefined) throw new UsageError('--log reads addresses from standard input: leave out the address');
    return options.refused ? refusals(options.log, options, io) : annotate(options.log, options, io);
  }
  if (options.refused) throw new UsageError('--refused is about a log: say how it is written with --log FORMAT');
  if (address === undefined)
    throw new UsageError('which address? give one, or --log FORMAT and a log on standard input');
  const canonical = canonicalAddress(address);
  if (canonical === undefined) throw new UsageError(`"${address}" is no address such as 10.2.3.4 or 2001:db8::1`);
  const answers = await answersTo(canonical, options, io);
  write(canonical, answers, options, io);
  const isKnown = answers.every(({ found }) => found.doubts.length + found.faults.length + found.missing.length === 0);
  return isKnown ? exitCodes.ok : exitCodes.unknown;
}

async function answersTo(address: string, options: WhoOptions, io: Io): Promise<readonly AnswerOf[]> {
  const now = io.clock.now();
  if (!isOnRecord(options))
    return [{ cluster: undefined, found: addressHoldersNow(await snapshotOf(options, io), address, now) }];
  const at = options.at === undefined ? undefined : Date.parse(timeOption(options.at, now));
  return answersOnRecord(recordSources(options, io), address, at, now);
}

function write(address: string, answers: readonly AnswerOf[], { output, clusters }: WhoOptions, io: Io): void {
  const shown = answers.map(({ cluster, found }) => ({ ...(cluster !== undefined && { cluster }), ...forJson(found) }));
  if (isData(output)) {
    writeData(clusters === undefined ? shown[0] : { address, clusters: shown }, output, io);
    return;
  }
  const paint = painter(io.out, io.environment);
  for (const { cluster, found } of answers)
    io.out.write(`${cluster === undefined ? '' : `${paint(cluster, 'strong')}: `}${whoText(found, paint)}`);
  const having = answers.filter(({ found }) => found.holders.length > 0).length;
  const text = `${having} clusters had the address then: a device that sees addresses of pods of both cannot tell them apart.`;
  if (having > 1) io.out.write(`\n${paint(text, 'warn')}\n`);
}

async function annotate(format: LogFormatName, options: WhoOptions, io: Io): Promise<ExitCode> {
  const { line, counts } = annotator(logFormats[format], options.utcOffset, await indexFor(options, io));
  await eachLine(io.stdin(), (lines) => {
    io.out.write(lines.map((one) => `${line(one)}\n`).join(''));
    return io.out.drained?.();
  });
  const { lines, known, doubtful, unread } = counts;
  io.err.write(
    `${counted(lines, 'line')}: ${known} with their workload, ${doubtful} in doubt, ${unread} without a flow or unreadable\n`,
  );
  io.err.write(otherFormat(format, counts));
  return exitCodes.ok;
}

/** What devices and proxies refused, as their log on standard input says. */
async function refusals(format: LogFormatName, options: WhoOptions, io: Io): Promise<ExitCode> {
  const found = new Refusals(logFormats[format], options.utcOffset, await indexFor(options, io));
  await eachLine(io.stdin(), (lines) => lines.forEach((line) => found.take(line)));
  const all = found.all();
  io.err.write(otherFormat(format, found));
  if (isData(options.output)) writeData(all.map(refusalForJson), options.output, io);
  else io.out.write(refusalsText(all, painter(io.out, io.environment)));
  if (found.leftOut > 0)
    io.err.write(`warning: ${found.leftOut} more refusals were left out: they are of too many kinds\n`);
  return exitCodes.ok;
}

async function indexFor(options: WhoOptions, io: Io): Promise<Pick<AssignmentIndex, 'holdersAt'>> {
  return isOnRecord(options)
    ? indexOnRecord(recordSources(options, io), io)
    : new AssignmentIndex(recordOfNow(await snapshotOf(options, io), Infinity));
}

function refusalForJson({ first, last, ...rest }: Refusal): object {
  return { ...rest, first: new Date(first).toISOString(), last: new Date(last).toISOString() };
}

/** Files and the cluster are read only for the present. A log is of the past. */
function isOnRecord({ at, record, log, filename, clusters }: WhoOptions): boolean {
  return filename === undefined && (clusters !== undefined || at !== undefined || record === true || log !== undefined);
}

async function snapshotOf(options: WhoOptions, io: Io) {
  const cluster = options.cluster ?? io.environment.cluster ?? 'cluster';
  const { snapshot, problems } = await readIntent({ ...options, cluster }, io);
  writeProblems(problems, io);
  return snapshot;
}

function forJson({ at, holders, claimed, behindNode, doubts, ...rest }: WhoAnswer) {
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
    claimed: shown(claimed),
    behindNode: shown(behindNode),
    doubts: doubts.map((doubt) => ({ kind: doubt.kind, message: doubtText(doubt, holders) })),
  };
}
