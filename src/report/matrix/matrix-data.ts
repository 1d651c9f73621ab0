import { csvLine } from '../output/csv.ts';
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

/** With a header. */
export function* matrixCsv(matrix: Matrix): Iterable<string> {
  yield csvLine(fields);
  for (const entry of entriesOf(matrix)) yield csvLine(fields.map((field) => entry[field] ?? ''));
}
