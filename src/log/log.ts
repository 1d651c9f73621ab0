import type { LogFormat, LogLevel } from './choices.ts';
import { createLogger, type Log } from './logger.ts';
import { firstLine } from './scrub.ts';
import type { Io } from '../cli/io.ts';

export type { Log };

export interface LogChoice {
  readonly logFormat?: LogFormat;
  readonly logLevel?: LogLevel;
}

/** The log of a command, on standard output. */
export function createLog({ out }: Pick<Io, 'out'>, component: string, { logFormat, logLevel }: LogChoice = {}): Log {
  const write = (line: string): void => out.write(line);
  return createLogger({ component, format: logFormat ?? 'json', level: logLevel ?? 'info', write });
}

/** The one thing of an unknown error that is safe to log. */
export function messageOf(error: unknown): string {
  return firstLine(error instanceof Error ? error.message : String(error));
}
