import { oneLine } from '../../core/text/text-table.ts';

/** A column of a table on a terminal. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (row: T) => string;
  /** May be cut if the line is too short. */
  readonly gives?: true;
}

const gap = '  ';
const least = 8;

/** Widths with which the columns fit on a line. The widest column that may be cut shrinks first. */
export function fitted<T>(columns: readonly Column<T>[], rows: readonly T[], room: number): readonly number[] {
  const widths = columns.map(({ title, cell }) => {
    return rows.reduce((most, row) => Math.max(most, cell(row).length), title.length);
  });
  // No column is wider than the line, even with a text of thousands of characters.
  for (const at of columns.keys()) widths[at] = Math.min(widths[at] ?? 0, room);
  let surplus = widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1)) - room;
  for (; surplus > 0; surplus -= 1) {
    const widest = columns.reduce(
      (best, { gives }, at) => (gives && (widths[at] ?? 0) > (widths[best] ?? 0) ? at : best),
      columns.findIndex(({ gives }) => gives),
    );
    if ((widths[widest] ?? 0) <= least) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Cells side by side, cut, padded, then painted, because colour codes have no width. */
export function tableLine(
  cells: readonly string[],
  widths: readonly number[],
  paint: (text: string, at: number) => string = (text) => text,
): string {
  const fit = cells.map((text, at) => paint(cut(oneLine(text), widths[at] ?? 0).padEnd(widths[at] ?? 0), at));
  return fit.join(gap).trimEnd();
}

/** A text in lines of at most `width` characters, broken between words; a longer word stays whole. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
