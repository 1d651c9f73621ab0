import { pino, type Logger } from 'pino';
import type { Io } from './io.ts';

export type Log = Logger;

/**
 * Structured log lines on standard output: a constant message and fields. Fields that could hold a credential are
 * blotted out whatever they are called with; errors are logged by their message, never whole.
 */
export function createLog({ out }: Io, component: string): Log {
  const secretNames = ['token', 'password', 'secret', 'authorization', 'credentials', 'data', 'stringData'];
  const paths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = {
    base: { component },
    redact: { paths, censor: '[redacted]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, { write: (line: string) => out.write(line) });
}

/** The one thing of an unknown error that is safe to log. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
