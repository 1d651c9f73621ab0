import { maxOf } from '../model/extremes.ts';

/** What somebody wrote in several lines, as one: it would look like other rows. */
export function oneLine(cell: string): string {
  return cell.replaceAll(/[\r\n]+/g, ' ');
}

/**
 * Rows as lines, with columns as wide as what is in them.
 *
 * @param numbers columns that stand at the right, by index
 * @param paint colours one cell, which has its final width
 */
export function tableLines(
  texts: readonly (readonly string[])[],
  numbers: readonly number[] = [],
  paint: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const rows = texts.map((row) => row.map(oneLine));
  const widths = (rows[0] ?? []).map((_, column) => maxOf(rows.map((row) => row[column]?.length ?? 0)));
  const fit = (cell: string, column: number): string =>
    numbers.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return rows.map((row, at) =>
    row
      .map((cell, column) => paint(fit(cell, column), at, column))
      .join('  ')
      .trimEnd(),
  );
}
