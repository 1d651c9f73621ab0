import { fork, type ChildProcess, type Serializable } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const built = fileURLToPath(new URL('../../node_modules/.cache/postern-bench/', import.meta.url));

/**
 * A program of this folder in a process of its own, built as the product is built, so that nothing of the tools that
 * run the benchmarks is in its memory or on its processor.
 */
export class Process {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #messages: AsyncIterator<readonly unknown[], undefined>;

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#messages = on(child, 'message', { close: ['exit'] })[Symbol.asyncIterator]();
  }

  /** @param name the file, without `-process.ts` */
  static async start(name: string, argument: Serializable): Promise<Process> {
    const outdir = `${built}${name}`;
    await build({
      entryPoints: { [name]: fileURLToPath(new URL(`${name}-process.ts`, import.meta.url)) },
      outdir,
      bundle: true,
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
    });
    // Started as the image starts the product.
    const execArgv = ['--expose-gc', '--max-semi-space-size=4', '--initial-old-space-size=96'];
    const child = fork(`${outdir}/${name}.js`, [JSON.stringify(argument)], { execArgv });
    return new Process(name, child);
  }

  tell(message: Serializable): void {
    this.#child.send(message);
  }

  /** Its next message. @throws Error when it has ended instead */
  async hear<T>(): Promise<T> {
    const { value } = await this.#messages.next();
    if (value === undefined) throw new Error(`the process ${this.#name} ended early`);
    return value[0] as T;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
