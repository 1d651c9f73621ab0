import { styleText } from 'node:util';
import type { Environment } from '../compose/environment.ts';

/** The world around a command: where it writes, what it reads, when it is to stop. */
export interface Io {
  readonly out: Sink;
  readonly err: Sink;
  readonly readStdin: () => Promise<Uint8Array>;
  readonly environment: Environment;
  /** Aborted when the user or the system asks the command to end. */
  readonly signal: AbortSignal;
}

export interface Sink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; 120 where there is none. */
  readonly width: number;
}

/** Documented, and stable. */
export const exitCodes = {
  /** Fine, or nothing to do. */
  ok: 0,
  /** Something was wrong: with the input, the device, or the command. */
  error: 1,
  /** There are changes to make. */
  pending: 2,
  /** The layers disagree. */
  inconsistent: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a stretch of text says, whatever colour that is. */
export type Meaning = 'good' | 'bad' | 'add' | 'change' | 'remove' | 'warn' | 'strong' | 'dim';

export const colours = {
  good: 'green',
  add: 'green',
  bad: 'red',
  remove: 'red',
  change: 'yellow',
  warn: 'yellow',
  strong: 'bold',
  dim: 'dim',
} as const;

/** Paints for a terminal that shows colours; leaves text alone for a file, a pipe, and whoever set NO_COLOR. */
export function painter(sink: Sink, { noColor }: Environment): (text: string, meaning: Meaning) => string {
  if (!sink.isTerminal || noColor) return (text) => text;
  return (text, meaning) => styleText(colours[meaning], text, { validateStream: false });
}

/** An error that is the user's to mend: shown as its message alone. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
