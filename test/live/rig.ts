import { fileURLToPath } from 'node:url';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { startF5Afm, type F5AfmSimulator } from '../../adapters/f5-afm/simulator/simulator.ts';
import { startFortigate, type FortigateSimulator } from '../../adapters/fortigate/simulator/simulator.ts';
import type { Simulator } from '../../kit/simulator/simulator.ts';
import { hasKubeApiserver, startKubeApiserver, type KubeApiserver } from '../integration/kube-apiserver.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';
import { intended, permitted, type Flow } from './flows.ts';
import { Installation } from './installation.ts';
import { bigIpManifest, cluster, pointManifest, type PointConfig } from './manifests.ts';
import { World } from './world.ts';

const addressLists = '/mgmt/tm/security/firewall/address-list';
const crds = fileURLToPath(new URL('../../crds', import.meta.url));

/** A suite that runs everything for real; loudly skipped where a part is missing, and failed in CI. */
export function describeLive(name: string, suite: () => void): void {
  if (hasKubeApiserver()) describeWith(['redis-server', 'kubectl'], name, suite);
}

/** Waits until no device has had a request for two seconds in which this process did not stand still. */
export async function leftAlone(device: Pick<Simulator, 'requests'>): Promise<void> {
  for (let [before, looks] = [-1, 0]; looks < 100; looks += 1) {
    const count = device.requests().length;
    if (count !== before) looks = 0;
    before = count;
    await wait(20);
  }
}

/** A real API server, a real Redis, a simulated firewall or two, and the command line as processes of their own. */
export class Live extends Installation {
  readonly server: KubeApiserver;
  readonly redis: RedisServer;
  readonly firewall: FortigateSimulator;
  /** Another firewall of another maker, under the same intent; undefined: there is only one. */
  readonly bigIp: F5AfmSimulator | undefined;
  readonly world: World;
  /** What any firewall was seen to permit after any request, since the step began. */
  #seen = new Set<Flow>();
  readonly #meanwhile: ReadonlySet<Flow>[] = [];

  private constructor(
    { server, redis }: { readonly server: KubeApiserver; readonly redis: RedisServer },
    firewall: FortigateSimulator,
    bigIp: F5AfmSimulator | undefined,
  ) {
    super(server.kubeconfig, `redis://${redis.node.host}:${redis.node.port}`);
    this.server = server;
    this.redis = redis;
    this.firewall = firewall;
    this.bigIp = bigIp;
    this.world = new World(server);
    for (const { name, device } of this.#devices) {
      this.mountSecret(name, { ...device.credentials, 'ca.crt': device.ca });
      device.onRequest(() => this.#look(device));
    }
  }

  static async start(config: PointConfig = {}, bigIp?: F5AfmSimulator): Promise<Live> {
    const firewall = await startFortigate({ port: 0 });
    firewall.put('firewall/address', { name: 'office', subnet: '192.0.2.0 255.255.255.0' });
    const [server, redis] = await Promise.all([startKubeApiserver(), startRedis()]);
    const live = new Live({ server, redis }, firewall, bigIp);
    await live.world.kubectl(['apply', '-k', crds]);
    await live.world.kubectl(['wait', '--for=condition=Established', '--timeout=120s', 'crd', '--all']);
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
    if (bigIp !== undefined) await live.world.apply(bigIpManifest(bigIp.url));
    return live;
  }

  /** With a BIG-IP beside the FortiGate, which another owner uses, too. */
  static async startBoth(): Promise<Live> {
    const bigIp = await startF5Afm({ port: 0, prepared: true });
    bigIp.administer('POST', addressLists, { name: 'office', addresses: [{ name: '192.0.2.0/24' }] });
    return await Live.start({}, bigIp);
  }

  get #devices(): readonly { readonly name: string; readonly device: Simulator }[] {
    const others = this.bigIp === undefined ? [] : [{ name: 'edge-bigip', device: this.bigIp }];
    return [{ name: 'edge', device: this.firewall }, ...others];
  }

  #look(device: Simulator): void {
    for (const flow of permitted(device)) this.#seen.add(flow);
  }

  /**
   * Does something and waits until every firewall permits what is then intended; in the meantime none permits anything that was
   * intended neither before nor after.
   */
  async step(work: () => Promise<unknown>, withinMs = 30_000): Promise<void> {
    const before = intended(await this.world.snapshot());
    this.#seen = new Set();
    for (const { device } of this.#devices) this.#look(device);
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
    const differing = (): string[] =>
      this.#devices.flatMap(({ name, device }) => {
        const found = permitted(device);
        const missing = [...wanted].filter((flow) => !found.has(flow)).map((flow) => `${name}: missing ${flow}`);
        const extra = [...found].filter((flow) => !wanted.has(flow)).map((flow) => `${name}: too much ${flow}`);
        return [...missing, ...extra];
      });
    await until('every firewall permits what is intended', () => differing().length === 0, withinMs).catch(() => {
      throw new Error(`Not within ${withinMs} ms: ${differing().join(', ')}\n${this.said}`);
    });
    return wanted;
  }

  /** Waits until no status is written any longer, also by a process that pauses for a moment. */
  async quiet(): Promise<void> {
    for (let [before, looks] = ['', 0]; looks < 3; looks += 1) {
      const now = JSON.stringify(await this.world.written());
      if (now !== before) looks = 0;
      before = now;
      await wait(2_500);
    }
  }

  /** What was there before us is there as it was. */
  expectForeignUntouched(): void {
    const office = this.firewall.rows('firewall/address').filter(({ name }) => name === 'office');
    expect(office).toMatchObject([{ subnet: '192.0.2.0 255.255.255.0' }]);
    const list = this.bigIp?.administer('GET', `${addressLists}/~Common~office`);
    if (list !== undefined) expect(list).toMatchObject({ addresses: [{ name: '192.0.2.0/24' }] });
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
    await Promise.all([this.server.stop(), this.redis.stop(), this.firewall.close(), this.bigIp?.close()]);
  }
}
