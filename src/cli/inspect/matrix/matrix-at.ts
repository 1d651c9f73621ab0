import { worldThen } from '../../../inspect/world-then.ts';
import { columnsThen } from '../../../report/matrix/columns-then.ts';
import { rowsOf } from '../../../report/matrix/matrix.ts';
import { rulesInOrder } from '../../../report/record/rules-in-order.ts';
import { recordSources, type RecordsOptions } from '../../options/clusters.ts';
import { exitCodes, writeLines, type ExitCode, type Io } from '../../io.ts';
import { matrixLines, type MatrixFormat } from './matrix-output.ts';
import { timeOption } from '../../options/time.ts';

export interface MatrixAtOptions extends RecordsOptions {
  readonly output: MatrixFormat;
}

const nobody = 'No workload is on record then.';

/** Who could reach what at a moment on record, by the record alone: 4 where not all of it is known. */
export async function matrixAt(text: string, options: MatrixAtOptions, io: Io): Promise<ExitCode> {
  const then = await worldThen(recordSources(options, io), Date.parse(timeOption(text, io.clock.now())));
  const rules = then.points.flatMap(({ state }) => [...rulesInOrder(state), ...state.uncertain]);
  const columns = columnsThen(rules.flatMap(({ rule }) => rule ?? []));
  const rows = [...rowsOf(then.workloads, columns, (policies) => policies)];
  for (const doubt of then.doubts) io.err.write(`warning: ${doubt}\n`);
  await writeLines(await matrixLines(options.output, { columns, rows }, io, { at: then.at, nobody }), io.out);
  const isKnown = then.doubts.length === 0 && rows.every(({ cells }) => cells.every(({ unknown }) => unknown !== true));
  return isKnown ? exitCodes.ok : exitCodes.unknown;
}
