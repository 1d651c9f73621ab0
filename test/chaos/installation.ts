import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import { startRedis, type RedisServer } from '../kit/redis-server.ts';
import { buildPostern, Postern } from '../live/postern.ts';
import { ChaosCluster } from './cluster.ts';
import { ChaosFeed } from './feed.ts';
import { startFirewalls } from './firewalls.ts';

const preload = fileURLToPath(new URL('clock-jump.mjs', import.meta.url));

export type Part = 'controller' | 'worker' | 'second' | 'feed';

interface Parts {
  readonly folder: string;
  readonly cluster: ChaosCluster;
  readonly redis: RedisServer;
  readonly devices: ReadonlyMap<string, Simulator>;
  readonly feed: ChaosFeed;
}

/** The product as it is shipped, as processes that can be killed: a controller, two workers, the server of a feed; a Redis, firewalls. */
export class ChaosInstallation {
  readonly folder: string;
  readonly cluster: ChaosCluster;
  readonly redis: RedisServer;
  readonly devices: ReadonlyMap<string, Simulator>;
  readonly #feed: ChaosFeed;
  readonly #entry: string;
  readonly #processes = new Map<Part, Postern>();
  readonly #said: string[] = [];

  private constructor({ folder, cluster, redis, devices, feed }: Parts) {
    this.folder = folder;
    this.cluster = cluster;
    this.redis = redis;
    this.devices = devices;
    this.#feed = feed;
    this.#entry = buildPostern(folder);
    for (const [name, device] of this.devices) this.#mount(name, { ...device.credentials, 'ca.crt': device.ca });
    writeFileSync(join(this.folder, 'kubeconfig'), cluster.kubeconfig());
    writeFileSync(this.#clock, '0');
  }

  /** @param persistent does Redis keep what it holds over a kill? */
  static async start(persistent: boolean): Promise<ChaosInstallation> {
    const settings = persistent
      ? ([
          ['appendonly', 'yes'],
          ['appendfsync', 'everysec'],
        ] as const)
      : [];
    const folder = mkdtempSync(join(tmpdir(), 'postern-chaos-'));
    const [cluster, redis, feed] = await Promise.all([
      ChaosCluster.start(),
      startRedis({ settings }),
      ChaosFeed.start(folder),
    ]);
    return new ChaosInstallation({ folder, cluster, redis, feed, devices: await startFirewalls(feed) });
  }

  get audit(): string {
    return join(this.folder, 'audit');
  }

  start(part: Part): void {
    const env = {
      POSTERN_NAMESPACE: 'postern-system',
      POSTERN_CLUSTER: 'chaos',
      NODE_OPTIONS: `--import ${preload}`,
      POSTERN_CHAOS_CLOCK: this.#clock,
    };
    const before = this.#processes.get(part);
    if (before !== undefined) this.#said.push(`--- ${part} before\n${before.said.slice(-3_000)}`);
    this.#processes.set(part, new Postern(this.#entry, this.#argumentsOf(part), env));
  }

  process(part: Part): Postern {
    const process = this.#processes.get(part);
    if (process === undefined) throw new Error(`${part} was not started`);
    return process;
  }

  /** The clock of one process is so far ahead from now on; its next start is on time again. */
  jump(part: Part, aheadMs: number): void {
    writeFileSync(this.#clock, String(aheadMs));
    this.process(part).signal('SIGUSR2');
  }

  /** The last output of every process. */
  get said(): string {
    const now = [...this.#processes].map(([part, process]) => `--- ${part}\n${process.said.slice(-6_000)}`);
    return [...this.#said.slice(-3), ...now].join('\n');
  }

  async remove(): Promise<void> {
    await Promise.all([...this.#processes.values()].map((process) => process.kill()));
    await Promise.all([
      this.redis.stop(),
      this.cluster.api.stop(),
      ...[...this.devices.values()].map((each) => each.close()),
    ]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #argumentsOf(part: Part): readonly string[] {
    if (part === 'feed') return this.#feed.serves;
    const redis = ['--redis', `redis://127.0.0.1:${this.redis.node.port}`];
    if (part !== 'controller')
      return ['worker', '--cluster', 'chaos', '--secrets-dir', join(this.folder, 'secrets'), ...redis];
    const kubeconfig = ['--kubeconfig', join(this.folder, 'kubeconfig')];
    return ['controller', ...kubeconfig, '--audit-dir', this.audit, '--listen', '0', ...redis];
  }

  get #clock(): string {
    return join(this.folder, 'clock');
  }

  #mount(name: string, values: Readonly<Record<string, string>>): void {
    const folder = join(this.folder, 'secrets', name);
    mkdirSync(folder, { recursive: true });
    for (const [key, value] of Object.entries(values)) writeFileSync(join(folder, key), `${value}\n`);
  }
}
