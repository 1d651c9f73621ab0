import { csvLine } from '../output/csv.ts';
import { jsonArray } from '../output/json.ts';
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

/** One entry on a line. */
export function* matrixJson(matrix: Matrix): Iterable<string> {
  yield* jsonArray(entriesOf(matrix));
  yield '\n';
}

/** With a header. */
export function* matrixCsv(matrix: Matrix): Iterable<string> {
  yield csvLine(fields);
  for (const entry of entriesOf(matrix)) yield csvLine(fields.map((field) => entry[field] ?? ''));
}
