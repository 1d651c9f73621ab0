import { levels, pino, type Logger } from 'pino';
import type { LogChoice, LogLevel } from './options.ts';
import { printableLine } from './printable.ts';
import { scrub } from './scrub.ts';

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

/** A structured line for a person: `2026-01-01T00:00:00.000Z WARN worker point synced point=edge state=held`. */
function textLine(json: string): string {
  const { time, level, component, msg = '', ...fields } = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  const words = [time, levels.labels[Number(level)]?.toUpperCase() ?? level, component, msg, ...rest];
  return `${printableLine(words.map(String).join(' '))}\n`;
}

/** In quotes where it could be treated as something else. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return typeof value === 'string' && !/^[\w.:/@-]+$/.test(text) ? JSON.stringify(text) : text;
}
