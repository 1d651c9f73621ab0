import type { ObjectOverview, Overview, PointOverview } from '../../../core/status/overview.ts';
import type { Paint } from '../../../core/text/paint.ts';
import { tableLines } from '../../../core/text/text-table.ts';
import { parseInstant } from '../../../core/time/instant.ts';

const meanings = { True: 'good', False: 'bad', Unknown: 'warn' } as const;

/** A column of a table: its title, and its cell of one row. */
type Column<T> = readonly [title: string, cell: (row: T) => string];

export function statusText({ points, notReady }: Overview, now: number, paint: Paint): string {
  const columns: Column<PointOverview>[] = [...identity, ...measures(now), message('MESSAGE')];
  const others: Column<ObjectOverview>[] = [...names, message('WHY')];
  const below =
    notReady.length === 0 ? paint('Every policy and service is ready.', 'good') : table(others, notReady, paint);
  return `${pointsTable(columns, points, paint)}\n\n${below}\n`;
}

/** More of each point, and every policy and service with its owner. */
export function wideStatusText(
  { points }: Overview,
  objects: readonly ObjectOverview[],
  now: number,
  paint: Paint,
): string {
  const columns: Column<PointOverview>[] = [
    ...identity,
    ...measures(now),
    ['READ', ({ lastSyncTime }) => since(lastSyncTime, now)],
    ['VANTAGE', ({ vantage }) => vantage || '-'],
    ['VERSION', ({ deviceVersion }) => deviceVersion || '-'],
    message('MESSAGE'),
  ];
  const others: Column<ObjectOverview>[] = [
    ...names,
    ['OWNER', ({ owner }) => owner || '-'],
    ['EXPIRES', ({ expiresAt }) => expiresAt ?? '-'],
    message('WHY'),
  ];
  const below = objects.length === 0 ? 'There is no policy and no service.' : table(others, objects, paint);
  return `${pointsTable(columns, points, paint)}\n\n${below}\n`;
}

const identity: readonly Column<PointOverview>[] = [
  ['POINT', ({ name }) => name],
  ['ADAPTER', ({ adapter }) => adapter],
  ['MODE', ({ mode }) => mode],
  ['READY', ({ ready }) => ready],
];

function measures(now: number): readonly Column<PointOverview>[] {
  return [
    ['RULES', (point) => point.inForce || ifSynced(point, point.rules)],
    ['ADDRESSES', (point) => ifSynced(point, point.addresses)],
    ['LIVE', ({ liveSince, proxies }) => since(liveSince, now) + (proxies === '' ? '' : `, ${proxies} proxies`)],
  ];
}

/** A point that no worker has synced yet has no counts. */
function ifSynced({ ready, lastSyncTime }: PointOverview, count: number): string {
  return count === 0 && lastSyncTime === null && ready === 'Unknown' ? '-' : `${count}`;
}

const names: readonly Column<ObjectOverview>[] = [
  ['KIND', ({ kind }) => kind],
  ['NAMESPACE', ({ namespace }) => namespace || '-'],
  ['NAME', ({ name }) => name],
  ['READY', ({ ready }) => ready],
  ['POINTS', ({ points }) => points || '-'],
];

function message(title: string): Column<{ readonly message: string }> {
  return [title, (row) => row.message];
}

function pointsTable(
  columns: readonly Column<PointOverview>[],
  points: readonly PointOverview[],
  paint: Paint,
): string {
  return points.length === 0 ? 'There is no EnforcementPoint.' : table(columns, points, paint);
}

function table<T extends { readonly ready: keyof typeof meanings }>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  paint: Paint,
): string {
  const titles = columns.map(([title]) => title);
  const readyAt = titles.indexOf('READY');
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const [head = '', ...lines] = tableLines([titles, ...cells], [], (cell, row, column) => {
    const ready = column === readyAt ? rows[row - 1]?.ready : undefined;
    return ready === undefined ? cell : paint(cell, meanings[ready]);
  });
  return [paint(head, 'dim'), ...lines].join('\n');
}

/** As kubectl has it: `42s`, `5m`, `3h`, `12d`; `-` for never. */
function since(time: string | null, now: number): string {
  const at = parseInstant(time ?? '');
  if (at === undefined) return '-';
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)}h` : `${Math.floor(seconds / 86_400)}d`;
}
