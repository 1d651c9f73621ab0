import { maxOf } from '../../core/model/extremes.ts';
import { inferredText } from '../../core/text/inferred.ts';
import type { Paint } from '../../core/text/paint.ts';
import type { Answer } from '../../verify/intent/intent.ts';
import type { Column } from './columns.ts';
import type { Matrix, Row } from './matrix.ts';

const symbols = { accepted: '✓', partial: '◐', denied: '✗', unknown: '?' } as const;
const meanings = { accepted: 'good', partial: 'warn', denied: 'bad', unknown: 'warn' } as const;
const gap = '  ';
const noWorkload = 'There is no workload: give pods, or the workloads that make them, with -f.';

/**
 * Applications down, destinations across. What does not fit side by side comes in further tables below.
 *
 * @param width characters that fit on a line
 * @param nobody sentence if there is no workload
 */
export function matrixText({ columns, rows }: Matrix, width: number, paint: Paint, nobody = noWorkload): string {
  if (rows.length === 0) return `${nobody}\n`;
  if (columns.length === 0) return 'There is no external destination: give ExternalServices or policies with -f.\n';
  const names = rowNames(rows);
  const nameWidth = maxOf(names.map(({ length }) => length));
  const tables = chunks(columns.map(columnWidth), width - nameWidth).map(([from, to]) => {
    const shown = columns.slice(from, to);
    const header = [0, 1].map((line) =>
      paint(
        [''.padEnd(nameWidth), ...shown.map((column) => (titleOf(column)[line] ?? '').padEnd(columnWidth(column)))]
          .join(gap)
          .trimEnd(),
        line === 0 ? 'strong' : 'dim',
      ),
    );
    const body = rows.map(({ cells }, at) => {
      const line = shown.map((column, index) => cell(cells[from + index], columnWidth(column), paint));
      return [(names[at] ?? '').padEnd(nameWidth), ...line].join(gap).trimEnd();
    });
    return [...header, ...body].join('\n');
  });
  const below = [legend(rows), ...inferredText(rows)].map((line) => paint(line, 'dim'));
  return `${tables.join('\n\n')}\n\n${below.join('\n')}\n`;
}

function cell(answer: Answer | undefined, width: number, paint: Paint): string {
  const outcome = answer === undefined ? 'denied' : outcomeOf(answer);
  return paint(symbols[outcome], meanings[outcome]) + ' '.repeat(width - 1);
}

function titleOf({ destination, port, protocol }: Column): readonly [string, string] {
  return [destination, protocol === 'any' ? 'any port' : `${port}/${protocol}`];
}

function columnWidth(column: Column): number {
  return maxOf(titleOf(column).map(({ length }) => length));
}

/** The ServiceAccount is part of a name only where one workload runs under several. */
function rowNames(rows: readonly Row[]): readonly string[] {
  const name = ({ cluster, namespace, workload }: Row): string =>
    [cluster, namespace, workload].filter((part) => part !== undefined).join(' ');
  const seen = new Map<string, number>();
  for (const row of rows) seen.set(name(row), (seen.get(name(row)) ?? 0) + 1);
  return rows.map((row) => (seen.get(name(row)) === 1 ? name(row) : `${name(row)} (${row.serviceAccount})`));
}

/** From and to of the columns that fit beside each other; at least one each. */
function chunks(widths: readonly number[], room: number): readonly (readonly [number, number])[] {
  const parts: [number, number][] = [];
  let left = -1;
  for (const [index, width] of widths.entries()) {
    const last = parts.at(-1);
    left -= width + gap.length;
    if (last !== undefined && left >= 0) last[1] = index + 1;
    else {
      parts.push([index, index + 1]);
      left = room - width - gap.length;
    }
  }
  return parts;
}

function outcomeOf({ verdict, partial, unknown }: Answer): keyof typeof symbols {
  if (unknown) return 'unknown';
  if (verdict === 'Accept') return 'accepted';
  return partial ? 'partial' : 'denied';
}

function legend(rows: readonly Row[]): string {
  const counts = { accepted: 0, partial: 0, denied: 0, unknown: 0 };
  for (const answer of rows.flatMap(({ cells }) => cells)) counts[outcomeOf(answer)] += 1;
  const { accepted, partial, denied, unknown } = counts;
  return [
    `${symbols.accepted} accepted ${accepted}`,
    ...(partial > 0 ? [`${symbols.partial} in part only ${partial}`] : []),
    `${symbols.denied} denied ${denied}`,
    ...(unknown > 0 ? [`${symbols.unknown} not known ${unknown}`] : []),
  ].join(gap);
}
