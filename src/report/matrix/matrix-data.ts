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

/** With a header; of several clusters the first column is the cluster. */
export function* matrixCsv(matrix: Matrix): Iterable<string> {
  const several = matrix.rows.some(({ cluster }) => cluster !== undefined);
  const columns = several ? (['cluster', ...fields] as const) : fields;
  yield csvLine(columns);
  for (const entry of entriesOf(matrix)) yield csvLine(columns.map((field) => entry[field] ?? ''));
}
