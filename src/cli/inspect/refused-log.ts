import { createReadStream } from 'node:fs';
import { InvalidArgumentError } from 'commander';
import type { AssignmentIndex } from '../../core/addresses/assignment-index.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import type { RefusedEntry } from '../../report/report.ts';
import { logFormats } from '../../traffic-log/formats.ts';
import { logFormatNames, type LogFormatName } from '../../traffic-log/names.ts';
import { Refusals } from '../../traffic-log/refusals.ts';
import { eachLine } from '../lines.ts';

/** A log in a file, in which devices or proxies say what they refused. */
export interface RefusedLog {
  readonly format: LogFormatName;
  readonly file: string;
}

export const refusedLogFlag = [
  '--refused-log <format=file>',
  'who was refused what by whom, as the access log of a gateway or the log of a firewall says: istio-json=gateway.log',
] as const;

/** `istio-json=gateway.log` */
export function refusedLog(text: string): RefusedLog {
  const at = text.indexOf('=');
  const format = logFormatNames.find((name) => name === text.slice(0, at));
  if (format === undefined || at + 1 === text.length)
    throw new InvalidArgumentError(`This must be FORMAT=FILE, with one of ${logFormatNames.join(', ')}.`);
  return { format, file: text.slice(at + 1) };
}

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
