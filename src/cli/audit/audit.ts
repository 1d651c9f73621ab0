import { counted } from '../../core/text/wording.ts';
import { verifyChains } from '../../audit/verify-chains.ts';
import type { AuditLines } from '../../audit/audit-store.ts';
import { FileAuditLines } from '../../audit/files/file-audit-lines.ts';
import { recordIn } from '../../core/audit/history.ts';
import { textOf, type Lines } from '../../core/audit/lines/lines.ts';
import { RecordLines } from '../../core/audit/lines/record-lines.ts';
import { writeCsv, writesCsvHeader, writeText } from '../../report/output/audit-writes.ts';
import type { ChainReport } from '../../core/audit/verify-chain.ts';
import { WriteLog, type Write } from '../../core/audit/writes/write-log.ts';
import { WritesAhead } from '../../core/audit/writes/writes-ahead.ts';
import { defaultAuditDir } from '../../compose/choices.ts';
import { isData, writeData, type DataFormat } from '../data.ts';
import { Blocks, exitCodes, painter, type ExitCode, type Io } from '../io.ts';
import { compareText } from '../../api/problem.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { timeOption } from '../options/time.ts';

export interface AuditOptions {
  readonly auditDir?: string;
  /** The same, as it was called before. */
  readonly dir?: string;
  readonly point?: string;
}

export interface ListOptions extends AuditOptions {
  readonly since?: string;
  readonly output: 'text' | 'json' | 'csv';
}

/** The last writes that are on record. */
export async function auditTail(options: ListOptions & { readonly number: number }, io: Io): Promise<ExitCode> {
  const { number } = options;
  // Point after point: of each many may be later than the last of the one before.
  let last: Write[] = [];
  for await (const write of writesOf(options, io, number)) {
    last.push(write);
    if (last.length >= number * 2 + 1_000) last = latest(last, number);
  }
  const ordered = latest(last, number);
  await print(ordered, options, io);
  if (ordered.length === 0 && options.output === 'text') io.out.write('Nothing is on record.\n');
  return exitCodes.ok;
}

function latest(writes: readonly Write[], number: number): Write[] {
  return [...writes].sort((a, b) => compareText(a.at, b.at) || a.seq - b.seq).slice(-number);
}

/** Every write that is on record, point by point. */
export async function auditExport(options: ListOptions, io: Io): Promise<ExitCode> {
  await print(writesOf(options, io), options, io);
  return exitCodes.ok;
}

export interface VerifyOptions extends AuditOptions {
  /** Hashes that the record once ended in. */
  readonly expect?: readonly string[];
  readonly output: 'text' | DataFormat;
}

/** Checks every chain; fails if there is anything to find fault with. */
export async function auditVerify(options: VerifyOptions, io: Io): Promise<ExitCode> {
  const lines = openLines(options, io);
  const points = await chosen(lines, options.point);
  const expected = new Set(options.expect?.map(hashIn));
  const reports = await verifyChains(lines, points, expected, new Date(io.clock.now()).toISOString());
  const missing = [...expected];
  const ok = missing.length === 0 && points.length > 0 && reports.every(({ findings }) => findings.length === 0);
  if (isData(options.output)) {
    const asJson = reports.map(({ head, ...report }) => ({ ...report, hash: head.hash, at: head.at }));
    writeData({ ok, points: asJson, missing }, options.output, io);
  } else {
    for (const report of reports) io.out.write(verdictOn(report, io));
    for (const hash of missing)
      io.out.write(`No record has the expected hash ${hash}: the record was cut or rewritten.\n`);
    if (points.length === 0) io.out.write('Nothing is on record.\n');
  }
  return ok ? exitCodes.ok : exitCodes.error;
}

function verdictOn(
  { point, records, head, findings, unsettled, torn, lost, branchOf, silences }: ChainReport,
  io: Io,
): string {
  const paint = painter(io.out, io.environment);
  const verdict = findings.length === 0 ? paint('intact', 'good') : paint(counted(findings.length, 'fault'), 'bad');
  const open = unsettled === 0 ? '' : `, ${counted(unsettled, 'write')} without an outcome`;
  const broken = torn === 0 ? '' : `, ${counted(torn, 'line')} that the writer left half written`;
  const gone = lost === 0 ? '' : `, ${lost} lost with a server of Redis, as the record says itself`;
  const branch = branchOf === 0 ? '' : `, from record ${branchOf} on: Redis had fallen back to it`;
  return [
    `${paint(point, 'strong')}: ${verdict}, ${counted(records, 'record')}${branch}${open}${broken}${gone}`,
    paint(`  ends in ${head.hash}${head.at === '' ? '' : ` at ${head.at}`}`, 'dim'),
    ...silences.slice(-mostSilences).map(({ from, until }) => paint(`  ${silence(from, until)}`, 'warn')),
    ...findings
      .slice(0, mostFindings)
      .map(({ code, where, message }) => `  ${[code, where].filter(Boolean).join(' ')}: ${message}`),
    ...(findings.length > mostFindings ? [`  and ${findings.length - mostFindings} more`] : []),
    '',
  ].join('\n');
}

const mostFindings = 50;
const mostSilences = 5;

/** Each device is read every five minutes, and the reading is put on record. */
function silence(from: string, until: string): string {
  const end = until === '' ? `since ${from}` : `from ${from} to ${until}`;
  return `nothing is on record ${end}: Postern was off, did not reach the device, or its records are gone`;
}

/** @param last only so many of each chain have to be among them; absent: all */
async function* writesOf({ point, since, ...options }: ListOptions, io: Io, last?: number): AsyncGenerator<Write> {
  const lines = openLines(options, io);
  const from = since === undefined ? '' : timeOption(since, io.clock.now());
  for (const chain of await chosen(lines, point))
    for await (const write of writesIn(() =>
      last === undefined ? lines.blocks(chain) : lines.lastBlocks(chain, last),
    ))
      if (write.at >= from) yield write;
}

/** Every write of a chain, which is read twice: so none has to be held until a reading of the device confirms it. */
async function* writesIn(blocks: () => AsyncIterable<Lines>): AsyncGenerator<Write> {
  const ahead = new WritesAhead();
  const short = new RecordLines();
  for await (const { bytes, spans } of blocks())
    for (const span of spans) {
      const record = short.read(bytes, span);
      if (record !== undefined) ahead.add(record);
    }
  const log = new WriteLog(ahead);
  for await (const { bytes, spans } of blocks())
    for (const span of spans) {
      const record = recordIn(textOf(bytes, span));
      if (record !== undefined) yield* log.add(record);
    }
  yield* log.rest();
}

async function print(writes: AsyncIterable<Write> | Iterable<Write>, { output }: ListOptions, io: Io): Promise<void> {
  const paint = painter(io.out, io.environment);
  const lines = new Blocks(io.out);
  if (output === 'csv') await lines.write(writesCsvHeader);
  let before = '[\n';
  for await (const write of writes) {
    if (output === 'csv') await lines.write(writeCsv(write));
    else if (output === 'text') await lines.write(`${writeText(write, paint)}\n`);
    else await lines.write(`${before}  ${JSON.stringify(write)}`);
    before = ',\n';
  }
  if (output === 'json') await lines.write(before === '[\n' ? '[]\n' : '\n]\n');
  await lines.end();
}

function openLines({ dir, auditDir = dir }: AuditOptions, { environment }: Io): FileAuditLines {
  return new FileAuditLines(auditDir ?? environment.auditDir ?? defaultAuditDir);
}

async function chosen(lines: AuditLines, point: string | undefined): Promise<readonly string[]> {
  const points = await lines.points();
  if (point === undefined) return points;
  if (!points.includes(point)) throw new UsageError(`nothing is on record for an enforcement point "${point}"`);
  return [point];
}

function hashIn(text: string): string {
  const hash = text.replace(/^sha256:/, '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new UsageError(
    `"${text}" is no hash of a record: 64 hexadecimal digits, as \`postern audit verify\` prints them`,
  );
}
