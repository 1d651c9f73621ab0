import { pino, type Logger } from 'pino';
import type { LogChoice, LogLevel } from './options.ts';
import { scrub } from './scrub.ts';
import { textLine } from './text-line.ts';

/** No child can be made of it: what is bound to one would go around `scrub`. */
export type Log = Pick<Logger, LogLevel>;

/**
 * Structured lines `{level, time, component, ...fields, msg}`: a constant message and fields. Whatever is logged goes
 * through `scrub` first, messages and errors included.
 */
export function createLog(
  write: (line: string) => void,
  component: string,
  { logFormat = 'json', logLevel = 'info' }: LogChoice = {},
): Log {
  return pino(
    {
      level: logLevel,
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      // What comes here has been made plain.
      serializers: { err: (plain: unknown) => plain },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args.map((part) => scrub(part));
          // An error alone gives the line its message, which here has been cleaned before.
          if (args[0] instanceof Error) method.apply(this, [{ err: first }, messageIn(first), ...rest]);
          else method.apply(this, [first, ...rest] as Parameters<typeof method>);
        },
      },
    },
    { write: (line: string) => write(logFormat === 'json' ? line : textLine(line)) },
  );
}

function messageIn(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}
