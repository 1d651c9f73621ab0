import { InvalidArgumentError } from 'commander';
import { logFormatNames, type LogFormatName } from '../../../traffic-log/names.ts';

/** A log in a file, in which devices or proxies say what they refused. */
export interface RefusedLog {
  readonly format: LogFormatName;
  readonly file: string;
}

export const refusedLogFlag = [
  '--refused-log <format=file>',
  'refused flows from the access log of a gateway or the log of a firewall: istio-json=gateway.log',
] as const;

/** `istio-json=gateway.log` */
export function refusedLog(text: string): RefusedLog {
  const at = text.indexOf('=');
  const format = logFormatNames.find((name) => name === text.slice(0, at));
  if (format === undefined || at + 1 === text.length)
    throw new InvalidArgumentError(`This must be FORMAT=FILE, with one of ${logFormatNames.join(', ')}.`);
  return { format, file: text.slice(at + 1) };
}
