import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly input?: string;
  /** Absent: that of the tests. */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Runs a program to its end, or for two minutes. */
export function run(
  program: string,
  args: readonly string[],
  { input = '', env = process.env, timeout = 120_000 }: RunOptions = {},
): Promise<Ended> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env, timeout });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    child.on('error', failed);
    child.on('close', (code) => done({ code, out: out.join(''), err: err.join('') }));
    child.stdin.end(input);
  });
}
