import { defaultAuditDir } from '../../compose/audit.ts';
import { worldThen } from '../../inspect/world-then.ts';
import { columnsThen } from '../../report/matrix/columns-then.ts';
import { rowsOf } from '../../report/matrix/matrix.ts';
import { rulesInOrder } from '../../report/record/rules-in-order.ts';
import { exitCodes, writeLines, type ExitCode, type Io } from '../io.ts';
import { matrixLines, type MatrixFormat } from './matrix-output.ts';
import { timeOption } from './time-option.ts';

export interface MatrixAtOptions {
  readonly auditDir?: string;
  readonly output: MatrixFormat;
}

/** Who could reach what at a moment on record, by the record alone: 4 where not all of it is known. */
export async function matrixAt(text: string, { auditDir, output }: MatrixAtOptions, io: Io): Promise<ExitCode> {
  const directory = auditDir ?? io.environment.auditDir ?? defaultAuditDir;
  const then = await worldThen(directory, Date.parse(timeOption(text, io.clock.now())));
  const rules = then.points.flatMap(({ state }) => [...rulesInOrder(state), ...state.uncertain]);
  const columns = columnsThen(rules.flatMap(({ rule }) => rule ?? []));
  const rows = [...rowsOf(then.workloads, columns, then.policiesOf)];
  for (const doubt of then.doubts) io.err.write(`warning: ${doubt}\n`);
  writeLines(await matrixLines(output, { columns, rows }, io, then.at), io.out);
  const isKnown = then.doubts.length === 0 && rows.every(({ cells }) => cells.every(({ unknown }) => unknown !== true));
  return isKnown ? exitCodes.ok : exitCodes.unknown;
}
