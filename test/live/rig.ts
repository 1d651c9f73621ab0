import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../integration/kube-apiserver.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';
import { intended, permitted, type Flow } from './flows.ts';
import { Installation } from './installation.ts';
import { cluster, pointManifest, type PointConfig } from './manifests.ts';
import { World } from './world.ts';

const crds = fileURLToPath(new URL('../../crds', import.meta.url));

/** A suite that runs everything for real; loudly skipped where a part is missing, and failed in CI. */
export function describeLive(name: string, suite: () => void): void {
  if (hasKubeApiserver()) describeWith(['redis-server', 'kubectl'], name, suite);
}

/** A real API server, a real Redis, a simulated firewall, and the command line as processes of their own. */
export class Live extends Installation {
  readonly server: KubeApiserver;
  readonly redis: RedisServer;
  readonly firewall: FortigateSimulator;
  readonly world: World;
  /** What the firewall was seen to permit after any request, since the step began. */
  #seen = new Set<Flow>();
  readonly #meanwhile: ReadonlySet<Flow>[] = [];

  private constructor(server: KubeApiserver, redis: RedisServer, firewall: FortigateSimulator) {
    super(server.kubeconfig, `redis://${redis.node.host}:${redis.node.port}`);
    this.server = server;
    this.redis = redis;
    this.firewall = firewall;
    this.world = new World(server);
    this.mountSecret('edge', { ...firewall.credentials, 'ca.crt': firewall.ca });
    firewall.onRequest(() => {
      for (const flow of permitted(firewall)) this.#seen.add(flow);
    });
  }

  static async start(config: PointConfig = {}): Promise<Live> {
    const firewall = await startFortigate({ port: 0 });
    firewall.put('firewall/address', { name: 'office', subnet: '192.0.2.0 255.255.255.0' });
    const [server, redis] = await Promise.all([startKubeApiserver(), startRedis()]);
    const live = new Live(server, redis, firewall);
    await live.world.kubectl(['apply', '-k', crds]);
    await live.world.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    await until(
      'the objects are taken',
      () =>
        live.world.apply(cluster).then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await live.world.apply(pointManifest({ url: firewall.url, ...config }));
    return live;
  }

  /**
   * Does something and waits until the firewall permits what is then intended; meanwhile it permits nothing that was
   * intended neither before nor after.
   */
  async step(work: () => Promise<unknown>, withinMs = 30_000): Promise<void> {
    const before = intended(await this.world.snapshot());
    this.#seen = new Set(permitted(this.firewall));
    await work();
    const after = await this.converged(withinMs);
    const intents = [before, ...this.#meanwhile.splice(0), after];
    expect([...this.#seen].filter((flow) => !intents.some((intent) => intent.has(flow)))).toEqual([]);
  }

  /** Within a step of several changes: what is intended at this moment was intended, too. */
  async meanwhile(): Promise<void> {
    this.#meanwhile.push(intended(await this.world.snapshot()));
  }

  async converged(withinMs = 30_000): Promise<ReadonlySet<Flow>> {
    const wanted = intended(await this.world.snapshot());
    const differing = (): string[] => {
      const found = permitted(this.firewall);
      const missing = [...wanted].filter((flow) => !found.has(flow)).map((flow) => `missing ${flow}`);
      return [...missing, ...[...found].filter((flow) => !wanted.has(flow)).map((flow) => `too much ${flow}`)];
    };
    await until('the firewall permits what is intended', () => differing().length === 0, withinMs).catch(() => {
      throw new Error(`Not within ${withinMs} ms: ${differing().join(', ')}\n${this.said}`);
    });
    return wanted;
  }

  /** Waits until no status is written any more. */
  async quiet(): Promise<void> {
    for (let before: unknown; ;) {
      const now = await this.world.versions();
      if (JSON.stringify(now) === JSON.stringify(before)) return;
      before = now;
      await wait(2_500);
    }
  }

  /** What was there before us is there as it was. */
  expectForeignUntouched(): void {
    const office = this.firewall.rows('firewall/address').filter(({ name }) => name === 'office');
    expect(office).toMatchObject([{ subnet: '192.0.2.0 255.255.255.0' }]);
  }

  /**
   * As far as outcomes tell: every write that the firewall sees while `work` is done is one that a worker reports. Not
   * for workers that are killed, which cannot.
   */
  async accountedFor(work: () => Promise<unknown>): Promise<void> {
    const open = (): number => this.firewall.requests().filter(({ wrote }) => wrote).length - this.reportedCalls;
    const before = open();
    await work();
    await until('the workers have told of all that they wrote', () => open() <= before);
  }

  async stop(): Promise<void> {
    await this.remove();
    this.world.close();
    await Promise.all([this.server.stop(), this.redis.stop(), this.firewall.close()]);
  }
}
