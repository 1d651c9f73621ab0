import { entriesOf, type Entry, type Matrix } from './matrix.ts';

const fields = [
  'namespace',
  'workload',
  'serviceAccount',
  'destination',
  'port',
  'protocol',
  'verdict',
  'policy',
  'tier',
] as const satisfies readonly (keyof Entry)[];

/** An array with one entry per line, in pieces: a whole cluster may be more than one text can hold. */
export function* matrixJson(matrix: Matrix): Iterable<string> {
  let before = '[\n';
  for (const entry of entriesOf(matrix)) {
    yield `${before}  ${JSON.stringify(entry)}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** RFC 4180, with a header. Texts that a spreadsheet would take for a formula begin with an apostrophe. */
export function* matrixCsv(matrix: Matrix): Iterable<string> {
  yield `${fields.join(',')}\r\n`;
  for (const entry of entriesOf(matrix)) yield `${fields.map((field) => cell(entry[field] ?? '')).join(',')}\r\n`;
}

/** https://owasp.org/www-community/attacks/CSV_Injection */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
