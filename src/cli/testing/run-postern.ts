import { Readable } from 'node:stream';
import { systemClock } from '../../compose/clock.ts';
import type { Io } from '../io.ts';
import { main } from '../main.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Around extends Partial<Pick<Io, 'signal' | 'clock'>> {
  readonly stdin?: string;
  readonly environment?: Partial<Io['environment']>;
  readonly width?: number;
  /** Told of output as it comes, of commands that stay. */
  readonly onOut?: (text: string) => void;
}

/** What a command is given whose person has an empty environment. */
export function ioOf(write: (text: string, stream: 'out' | 'err') => void, around: Around = {}): Io {
  const { stdin = '', environment, width = 120, signal = new AbortController().signal, clock = systemClock } = around;
  const sink = (stream: 'out' | 'err'): Io['out'] => {
    return { write: (text) => write(text, stream), isTerminal: false, width };
  };
  return {
    out: sink('out'),
    err: sink('err'),
    readStdin: () => Promise.resolve(Buffer.from(stdin)),
    stdin: () => Readable.from([Buffer.from(stdin)]),
    environment: {
      ...{ noColor: true, namespace: 'postern-system', redis: {}, cluster: undefined },
      ...environment,
    },
    clock,
    signal,
  };
}

/** Runs one command line, and gives back what it wrote. */
export async function runPostern(argv: readonly string[], around: Around = {}): Promise<Ran> {
  const text = { out: '', err: '' };
  const code = await main(
    argv,
    ioOf((more, stream) => {
      text[stream] += more;
      if (stream === 'out') around.onOut?.(more);
    }, around),
  );
  return { code, ...text };
}

/** The same as a person sees it: both streams in one, on 160 columns. */
export async function showPostern(argv: readonly string[]): Promise<{ readonly text: string; readonly code: number }> {
  let text = '';
  const code = await main(
    argv,
    ioOf((more) => (text += more), { width: 160 }),
  );
  return { text, code };
}
