import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { overviewOf, type Overview } from '../../core/status/overview.ts';
import { asApiError } from '../../kube/api-error.ts';
import { listPages } from '../../kube/client/list-pages.ts';
import { collectionPath } from '../../kube/client/paths.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { tableLines } from '../../core/text/text-table.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { exitCodes, painter, writeJson, type ExitCode, type Io } from '../io.ts';
import type { Paint } from '../../core/text/paint.ts';
import { UsageError } from '../../core/model/usage-error.ts';

export interface StatusOptions extends ClusterOptions {
  readonly output: 'text' | 'json';
  /** Go on, and say it again whenever it has changed. */
  readonly watch?: true;
}

const watchEveryMs = 2_000;

/** What the cluster says of every enforcement point, and of what is not in force: 0 if everything is ready, else 1. */
export async function status(options: StatusOptions, io: Io): Promise<ExitCode> {
  const api = await openCluster(options);
  let overview = await read(api, io);
  show(overview, options, io);
  if (options.watch !== true) return exitOf(overview);
  for (;;) {
    await io.clock.sleep(watchEveryMs, io.signal);
    if (io.signal.aborted) return exitOf(overview);
    const next = await read(api, io).catch((error: unknown) => notRead(error, io));
    if (next === undefined || JSON.stringify(next) === JSON.stringify(overview)) continue;
    overview = next;
    show(overview, options, io);
  }
}

function exitOf({ ready }: Overview): ExitCode {
  return ready ? exitCodes.ok : exitCodes.error;
}

/** An API server that does not answer for a moment ends no watch. */
function notRead(error: unknown, { err, signal }: Io): undefined {
  if (!(error instanceof UsageError)) throw error;
  if (!signal.aborted) err.write(`postern: ${error.message}; it is asked again in ${watchEveryMs / 1_000} seconds\n`);
}

async function read(api: ApiClient, { clock, signal }: Io): Promise<Overview> {
  const names = Object.keys(kinds) as Kind[];
  const lists = await Promise.all(names.map(async (kind) => [kind, await list(api, kind, signal)] as const));
  return overviewOf(Object.fromEntries(lists), clock.now());
}

function show(overview: Overview, { output, watch }: StatusOptions, io: Io): void {
  const now = io.clock.now();
  // A line for each change can be read by a program as it comes.
  if (output === 'json' && watch === true) io.out.write(`${JSON.stringify(overview)}\n`);
  else if (output === 'json') writeJson(overview, io);
  else {
    const when = watch === true ? `${new Date(now).toISOString()}\n` : '';
    io.out.write(when + render(overview, now, painter(io.out, io.environment)) + (watch === true ? '\n' : ''));
  }
}

async function list(api: ApiClient, kind: Kind, signal: AbortSignal): Promise<readonly unknown[]> {
  try {
    return await listPages(api, collectionPath({ apiVersion, plural: kinds[kind].plural }), signal);
  } catch (error) {
    throw new UsageError(`the cluster cannot be read: ${asApiError(error).message}`);
  }
}

const meanings = { True: 'good', False: 'bad', Unknown: 'warn' } as const;

function render({ points, notReady }: Overview, now: number, paint: Paint): string {
  const rows = points.map(({ name, adapter, mode, ready, rules, inForce, addresses, liveSince, message }) => {
    const live = liveSince === null ? '-' : ageOf(now - Date.parse(liveSince));
    return { ready, cells: [name, adapter, mode, ready, inForce || `${rules}`, `${addresses}`, live, message] };
  });
  const header = ['POINT', 'ADAPTER', 'MODE', 'READY', 'RULES', 'ADDRESSES', 'LIVE', 'MESSAGE'];
  const blocks = [points.length === 0 ? 'There is no EnforcementPoint.' : table(header, rows, paint)];
  if (notReady.length === 0) blocks.push(paint('Every policy and service is ready.', 'good'));
  else {
    const others = notReady.map(({ kind, namespace, name, ready, points: spread, message }) => {
      return { ready, cells: [kind, namespace || '-', name, ready, spread || '-', message] };
    });
    blocks.push(table(['KIND', 'NAMESPACE', 'NAME', 'READY', 'POINTS', 'WHY'], others, paint));
  }
  return `${blocks.join('\n\n')}\n`;
}

interface Row {
  readonly ready: keyof typeof meanings;
  readonly cells: readonly string[];
}

function table(header: readonly string[], rows: readonly Row[], paint: Paint): string {
  const readyAt = header.indexOf('READY');
  const [head = '', ...lines] = tableLines([header, ...rows.map(({ cells }) => cells)], [], (cell, row, column) => {
    const ready = column === readyAt ? rows[row - 1]?.ready : undefined;
    return ready === undefined ? cell : paint(cell, meanings[ready]);
  });
  return [paint(head, 'dim'), ...lines].join('\n');
}

/** As kubectl has it: `42s`, `5m`, `3h`, `12d`. */
function ageOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (!Number.isFinite(seconds)) return '-';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
