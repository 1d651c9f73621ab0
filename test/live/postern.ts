import { execFileSync, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { until } from '../kit/redis-server.ts';

/** Builds the command line as it is shipped, into a folder of its own, so that it is not rebuilt while it runs. */
export function buildPostern(folder: string): string {
  const dist = join(folder, 'dist');
  execFileSync(process.execPath, [fileURLToPath(new URL('../../tools/build/build.js', import.meta.url)), dist]);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return join(dist, 'postern.js');
}

/** One structured line of its log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A `postern` process and what it says. */
export class Postern {
  readonly name: string;
  readonly lines: LogLine[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #errors = '';
  #rest = '';
  #closed = false;

  constructor(entry: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.name = args[0] ?? '';
    this.#child = spawn(process.execPath, [entry, ...args], {
      env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.on('data', (data: Buffer) => this.#take(data.toString()));
    this.#child.stderr.on('data', (data: Buffer) => (this.#errors += data.toString()));
    this.#child.once('close', () => (this.#closed = true));
  }

  /** It may still say something. */
  get alive(): boolean {
    return !this.#closed;
  }

  /** Everything it ever wrote. */
  get said(): string {
    return this.lines.map((line) => JSON.stringify(line)).join('\n') + this.#rest + this.#errors;
  }

  /** Waits for a line of the log that fits. */
  async says(fits: (line: LogLine) => boolean, withinMs = 30_000): Promise<LogLine> {
    const found = (): LogLine | undefined => this.lines.find(fits);
    await until(`${this.name} says it; it said:\n${this.said}`, () => found() !== undefined || !this.alive, withinMs);
    const line = found();
    if (line === undefined) throw new Error(`${this.name} ended without saying it:\n${this.said}`);
    return line;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGUSR2'): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to end, and says how it did and after how many milliseconds. */
  async stop(): Promise<{ readonly code: number | null; readonly ms: number }> {
    const asked = performance.now();
    await this.#end('SIGTERM');
    return { code: this.#child.exitCode, ms: performance.now() - asked };
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.alive) return;
    const ended = once(this.#child, 'close');
    this.#child.kill(signal);
    await ended;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.lines.push(JSON.parse(line) as LogLine);
  }
}
