import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { startControllerLoop, type ControllerLoop } from '../../src/controller/publish/loop.ts';
import { openRedis, type SharedState } from '../../src/compose/redis.ts';
import { parseRedisUrl, type RedisConfig } from '../../src/redis/config.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import { aNamespace, aNode, aPod, aPoint, aPolicy, aServiceAccount, aSnapshot } from './builders.ts';
import { startRedis, type RedisServer } from './redis-server.ts';

/** A Redis, and how it is reached. */
interface RedisAt {
  readonly redis: RedisServer;
  readonly url: string;
  /** With what the address does not say; absent: the address says all. */
  readonly config?: RedisConfig;
}

/** A simulated FortiGate that pods of a small cluster are to be let through, and a queue on Redis that says so. */
export class QueuedFirewall {
  readonly redis: RedisServer;
  readonly firewall: FortigateSimulator;
  /** Has the firewall's credentials as files, and room for more. */
  readonly folder = mkdtempSync(join(tmpdir(), 'postern-queued-'));
  readonly #stop = new AbortController();
  readonly #shared: SharedState;
  readonly #side: ControllerLoop;
  #pods = 0;

  /** How Redis is reached. */
  readonly redisUrl: string;

  private constructor({ redis, url, config }: Required<RedisAt>, firewall: FortigateSimulator) {
    this.redis = redis;
    this.redisUrl = url;
    this.firewall = firewall;
    const onError = (): void => undefined; // Redis is taken away on purpose
    this.#shared = openRedis({ config, fence: () => 1, onError });
    this.#side = startControllerLoop(
      { ...this.#shared, clock: systemClock, recheckEveryMs: 3_600_000, onError },
      this.#stop.signal,
    );
    this.allow();
  }

  /** @param at a Redis of the caller's, absent: one of its own */
  static async start(at?: RedisAt): Promise<QueuedFirewall> {
    const firewall = await startFortigate({ port: 0 });
    const redis = at?.redis ?? (await startRedis());
    const { url = `redis://${redis.node.host}:${redis.node.port}` } = at ?? {};
    const rig = new QueuedFirewall({ redis, url, config: at?.config ?? parseRedisUrl(url) }, firewall);
    await rig.#shared.tried;
    // As a controller does: it asks again for unfinished work.
    void rig.#shared.outcomes.follow((outcome) => rig.#side.publisher.outcome(outcome), rig.#stop.signal);
    const point = aPoint({ adapter: 'fortigate', secretRef: { name: 'edge' }, config: { url: firewall.url } });
    const cluster = aSnapshot({
      namespaces: [aNamespace()],
      serviceAccounts: [aServiceAccount()],
      nodes: [aNode()],
      egressPolicies: [
        aPolicy({ subject: { allPods: true }, to: [{ networks: ['203.0.113.0/24'], ports: [{ port: 443 }] }] }),
      ],
      enforcementPoints: [point],
    });
    await rig.#side.apply(toChanges(cluster), true);
    return rig;
  }

  get secretsDir(): string {
    return join(this.folder, 'secrets');
  }

  /** What a worker needs to know, as its environment. */
  get environment(): Readonly<Record<string, string>> {
    return { REDIS_URL: this.redisUrl, POSTERN_CLUSTER: 'blue', POSTERN_SECRETS_DIR: this.secretsDir };
  }

  /** The credentials are the right ones, or are not. */
  allow(token = this.firewall.credentials['token'] ?? ''): void {
    const folder = join(this.secretsDir, 'edge');
    mkdirSync(folder, { recursive: true });
    for (const [key, value] of Object.entries({ token, 'ca.crt': this.firewall.ca }))
      writeFileSync(join(folder, key), `${value}\n`);
  }

  /** Moves the audit record to files until the signal aborts, as the controller that leads does. */
  exportAudit(signal: AbortSignal): Promise<void> {
    return this.#shared.exportAudit(join(this.folder, 'audit'), signal);
  }

  /** Another pod comes, and with it work. @returns its address */
  async addPod(): Promise<string> {
    this.#pods += 1;
    const address = `10.0.0.${this.#pods}`;
    const object = aPod({ name: `pod-${this.#pods}`, addresses: [address] });
    await this.#side.apply([{ kind: 'Pod', key: `shop/${object.name}`, object }], true);
    return address;
  }

  /** There is something to do in so many milliseconds. */
  later(delayMs: number): Promise<void> {
    return this.#shared.queue.enqueue('edge', { delayMs });
  }

  permits(address: string): boolean {
    return this.firewall.verdict({ src: address, dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action === 'Accept';
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#side.idle();
    await this.#shared.queue.close();
    this.#shared.disconnect();
    await Promise.all([this.redis.stop(), this.firewall.close()]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
