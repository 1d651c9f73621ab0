import { inspect, styleText } from 'node:util';
import type { Environment } from '../compose/environment.ts';
import type { Meaning, Paint } from '../core/text/paint.ts';
import { compareProblems, type Problem } from '../api/problem.ts';
import type { World } from '../inspect/world.ts';
import { printable, printableLine } from '../log/printable.ts';

/** What a command reads from, writes to, and is stopped by. */
export interface Io extends World {
  readonly out: Sink;
  readonly err: Sink;
  readonly environment: Environment;
  /** Standard input as it comes, for what need not be held whole. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
}

export interface Sink {
  readonly write: (text: string) => void;
  /** Resolves when the reader has room for more; absent: there always is. */
  readonly drained?: () => Promise<void>;
  readonly isTerminal: boolean;
  /** Columns of the terminal; 120 where there is none. */
  readonly width: number;
}

/** Documented, and stable. */
export const exitCodes = {
  /** Success, or nothing to do. */
  ok: 0,
  /** Something was wrong: with the input, the device, or the command. */
  error: 1,
  /** There are changes to make. */
  pending: 2,
  /** The layers disagree. */
  inconsistent: 3,
  /** Unknown: something that affects the answer cannot be read, or is not modelled. */
  unknown: 4,
  /** Every point is as desired, except for rules that it cannot express. */
  leftOut: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Any error means exit code 1, so that a script does not take a partial answer for a complete one. */
export function exitFor(problems: readonly Problem[], otherwise: ExitCode = exitCodes.ok): ExitCode {
  return problems.some(({ severity }) => severity === 'error') ? exitCodes.error : otherwise;
}

const colours = {
  good: 'green',
  add: 'green',
  bad: 'red',
  remove: 'red',
  change: 'yellow',
  warn: 'yellow',
  strong: 'bold',
  dim: 'dim',
} as const satisfies Readonly<Record<Meaning, string>>;

/** Paints for a terminal that shows colours; leaves text alone for a file, a pipe, and with NO_COLOR. */
export function painter(sink: Sink, { noColor }: Pick<Environment, 'noColor'>): Paint {
  if (!sink.isTerminal || noColor) return (text) => text;
  return (text, meaning) => styleText(colours[meaning], text, { validateStream: false });
}

/** The colours that we paint with, as a terminal is told them. */
const painted = Object.values(colours).flatMap((name) => (inspect.colors[name] ?? []).map((code) => `\u001b[${code}m`));

/** A sink through which nothing passes that a terminal would obey, but for our own colours. */
export function safeSink({ write, ...sink }: Sink): Sink {
  return { ...sink, write: (text) => write(printable(text, sink.isTerminal ? painted : [])) };
}

/** Resolves when the signal aborts, or at once if it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

const blockLength = 64 * 1024;

/** Writes many texts in blocks that are worth a system call, no faster than they are read. */
export class Blocks {
  readonly #sink: Pick<Sink, 'write' | 'drained'>;
  #block: string[] = [];
  #length = 0;

  constructor(sink: Pick<Sink, 'write' | 'drained'>) {
    this.#sink = sink;
  }

  /** Undefined: there is nothing to wait for. */
  write(text: string): Promise<void> | undefined {
    this.#block.push(text);
    this.#length += text.length;
    return this.#length < blockLength ? undefined : this.end();
  }

  end(): Promise<void> | undefined {
    if (this.#length > 0) this.#sink.write(this.#block.join(''));
    [this.#block, this.#length] = [[], 0];
    return this.#sink.drained?.();
  }
}

/** Writes lines, which are made no faster than they are read. */
export async function writeLines(lines: Iterable<string>, sink: Pick<Sink, 'write' | 'drained'>): Promise<void> {
  const blocks = new Blocks(sink);
  for (const line of lines) await blocks.write(line);
  await blocks.end();
}

export const severityMeanings = { error: 'bad', warning: 'warn', info: 'dim' } as const;

/** Problems on the error stream, the worst first, so that the output stays what was asked for. */
export function writeProblems(
  problems: readonly Problem[],
  { err, environment }: Pick<Io, 'err' | 'environment'>,
): void {
  const paint = painter(err, environment);
  for (const { severity, subject, field, message } of [...problems].sort(compareProblems)) {
    const where = [subject, field].filter((part) => part !== '').join(' ');
    err.write(`${paint(severity, severityMeanings[severity])}: ${printableLine(`${where}: ${message}`)}\n`);
  }
}
