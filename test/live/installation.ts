import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPostern, Postern } from './postern.ts';

/** The command line as it is shipped, run as processes of their own, and what is mounted for them. */
export class Installation {
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-live-'));
  readonly processes: Postern[] = [];
  readonly #entry = buildPostern(this.folder);
  readonly #kubeconfig: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(kubeconfig: string, redisUrl: string) {
    this.#kubeconfig = kubeconfig;
    const audit = { POSTERN_AUDIT_DIR: join(this.folder, 'audit') };
    this.#env = { REDIS_URL: redisUrl, POSTERN_LISTEN: '127.0.0.1:0', POSTERN_NAMESPACE: 'postern-system', ...audit };
  }

  controller(kubeconfig = this.#kubeconfig): Postern {
    return this.#run('controller', '--kubeconfig', kubeconfig);
  }

  /** Without anything of Kubernetes: it needs none. */
  worker(): Postern {
    return this.#run('worker', '--cluster', 'live', '--secrets-dir', join(this.folder, 'secrets'));
  }

  /** Both in one process, without Redis. */
  both(): Postern {
    const secrets = ['--secrets-dir', join(this.folder, 'secrets')];
    return this.#run('run', '--kubeconfig', this.#kubeconfig, '--cluster', 'live', ...secrets);
  }

  /** Reads, syncs and ends by itself. */
  once(): Postern {
    const secrets = ['--secrets-dir', join(this.folder, 'secrets')];
    return this.#run('sync', '--once', '--kubeconfig', this.#kubeconfig, '--cluster', 'live', ...secrets);
  }

  /** A person has the device of a point looked at. @returns what is said */
  async refresh(point: string): Promise<string> {
    const argv = [this.#entry, 'refresh', point, '--kubeconfig', this.#kubeconfig];
    return (await promisify(execFile)(process.execPath, argv)).stdout;
  }

  /** As the kubelet mounts a Secret. */
  mountSecret(name: string, values: Readonly<Record<string, string>>): void {
    const folder = join(this.folder, 'secrets', name);
    mkdirSync(folder, { recursive: true });
    for (const [key, value] of Object.entries(values)) writeFileSync(join(folder, key), `${value}\n`);
  }

  /** How many native calls the workers say that they made. */
  get reportedCalls(): number {
    const calls = this.processes
      .filter(({ name }) => name === 'worker')
      .flatMap(({ lines }) => lines.map(({ nativeCalls }) => nativeCalls));
    return calls.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
  }

  /** The last output of every process. */
  get said(): string {
    return this.processes.map(({ name, said }) => `--- ${name}\n${said.slice(-4_000)}`).join('\n');
  }

  /** Ends all processes at once. */
  async remove(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(...args: string[]): Postern {
    const process = new Postern(this.#entry, args, this.#env);
    this.processes.push(process);
    return process;
  }
}
