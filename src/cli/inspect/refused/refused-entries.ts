import { createReadStream } from 'node:fs';
import type { AssignmentIndex } from '../../../core/addresses/assignment-index.ts';
import { UsageError } from '../../../core/model/usage-error.ts';
import type { RefusedEntry } from '../../../report/report.ts';
import { logFormats } from '../../../traffic-log/formats.ts';
import { Refusals } from '../../../traffic-log/refusals.ts';
import { eachLine } from '../../lines.ts';
import type { RefusedLog } from './refused-log.ts';

/** @param index who had which address then */
export async function refusedIn(
  { format, file }: RefusedLog,
  index: Pick<AssignmentIndex, 'holdersAt'>,
): Promise<readonly RefusedEntry[]> {
  const found = new Refusals(logFormats[format], 0, index);
  try {
    await eachLine(createReadStream(file), (lines) => lines.forEach((line) => found.take(line)));
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read (${error instanceof Error ? error.message : String(error)}); correct --refused-log`,
    );
  }
  return found.all().map(({ first, last, ...rest }) => {
    return { ...rest, first: new Date(first).toISOString(), last: new Date(last).toISOString() };
  });
}
