import { kinds, type Kind } from '../../api/kinds.ts';
import { apiVersion } from '../../api/meta.ts';
import { overviewOf, type Overview } from '../../core/status/overview.ts';
import { asApiError } from '../../kube/api-error.ts';
import { collectionPath } from '../../kube/client/paths.ts';
import type { ApiClient } from '../../kube/client/transport.ts';
import { tableLines } from '../../core/model/text-table.ts';
import { openCluster, type ClusterOptions } from '../../kube/client/connect.ts';
import { exitCodes, painter, writeJson, type ExitCode, type Io } from '../io.ts';
import type { Paint } from '../../core/model/paint.ts';
import { UsageError } from '../../core/model/usage-error.ts';

export interface StatusOptions extends ClusterOptions {
  readonly output: 'text' | 'json';
}

/** What the cluster says of every enforcement point, and of what is not in force: 0 if everything is ready, else 1. */
export async function status(options: StatusOptions, io: Io): Promise<ExitCode> {
  const api = await openCluster(options);
  const now = io.clock.now();
  const names = Object.keys(kinds) as Kind[];
  const lists = await Promise.all(names.map(async (kind) => [kind, await list(api, kind, io.signal)] as const));
  const overview = overviewOf(Object.fromEntries(lists) as Record<Kind, readonly unknown[]>, now);
  if (options.output === 'json') writeJson(overview, io);
  else io.out.write(render(overview, now, painter(io.out, io.environment)));
  return overview.ready ? exitCodes.ok : exitCodes.error;
}

interface Page {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly continue?: string };
}

async function list(api: ApiClient, kind: Kind, signal: AbortSignal): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const path = collectionPath({ apiVersion, plural: kinds[kind].plural });
  try {
    for (let next: string | undefined = ''; next !== undefined;) {
      const query = { limit: 500, continue: next === '' ? undefined : next };
      const page = (await api.request({ path, query, signal })) as Page;
      items.push(...(page.items ?? []));
      next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
    }
  } catch (error) {
    throw new UsageError(`the cluster cannot be read: ${asApiError(error).message}`);
  }
  return items;
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
