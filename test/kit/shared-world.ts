import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { verifyChains } from '../../src/audit/verify-chains.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { openRedis, type SharedState } from '../../src/compose/redis.ts';
import { startControllerLoop, type ControllerLoop } from '../../src/controller/publish/loop.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import { recordIn } from '../../src/core/audit/history.ts';
import type { RedisConfig } from '../../src/redis/config.ts';
import { startWorker, type RunningWorker } from '../../src/worker/start-worker.ts';
import { SteadyClock } from './steady-clock.ts';
import { aNamespace, aNode, aPod, aPoint, aPolicy, aServiceAccount, aSnapshot } from './builders.ts';

const points = ['edge', 'core', 'branch'];

/** When a pod ended, and since when each firewall denies it. */
interface Ended {
  readonly address: string;
  readonly at: number;
  readonly denied: Map<string, number>;
}

/** What became of one address at one firewall. */
type Seen = 'permitted' | 'withdrawn';

/** A controller and two workers, put together as the product is, at one Redis; and three firewalls that tell all. */
export class SharedWorld {
  readonly devices = new Map(points.map((name) => [name, new MemorySimulator()]));
  readonly errors: string[] = [];
  /** What everything here takes is measured by it. */
  readonly clock = new SteadyClock();
  readonly #folder = mkdtempSync(join(tmpdir(), 'postern-shared-'));
  readonly #stop = new AbortController();
  readonly #config: RedisConfig;
  readonly #shared: SharedState;
  readonly #loop: ControllerLoop;
  readonly #exported: Promise<void>;
  readonly #workers: { side: RunningWorker; shared: SharedState }[] = [];
  readonly #live = new Set<string>();
  readonly #ended: Ended[] = [];
  readonly #seen = new Map<string, Map<string, Seen>>(points.map((name) => [name, new Map()]));
  /** Addresses that a firewall was seen to permit again after it had withdrawn them. */
  readonly wrong = new Set<string>();
  #pods = 0;

  constructor(config: RedisConfig) {
    this.#config = config;
    this.#shared = openRedis({ config, fence: () => 1, onError: this.#note });
    this.#loop = startControllerLoop(
      { ...this.#shared, clock: systemClock, recheckEveryMs: 3_600_000, onError: this.#note },
      this.#stop.signal,
    );
    this.#exported = this.#shared.exportAudit(join(this.#folder, 'audit'), this.#stop.signal);
    for (const [name, device] of this.devices) device.onRequest(() => this.#look(name, device));
  }

  async start(): Promise<void> {
    await this.#shared.tried;
    // As a controller does: it asks again for unfinished work.
    void this.#shared.outcomes.follow((outcome) => this.#loop.publisher.outcome(outcome), this.#stop.signal);
    await Promise.all([this.addWorker(), this.addWorker()]);
    const cluster = aSnapshot({
      namespaces: [aNamespace()],
      serviceAccounts: [aServiceAccount()],
      nodes: [aNode()],
      egressPolicies: [aPolicy({ subject: { podSelector: { matchLabels: { app: 'checkout' } } } })],
      enforcementPoints: points.map((name) => aPoint({ adapter: name }, { name })),
    });
    await this.#loop.apply(toChanges(cluster), true);
  }

  async addWorker(): Promise<void> {
    const shared = openRedis({ config: this.#config, fence: () => 0, onError: this.#note });
    await shared.tried;
    const side = startWorker({
      ...shared,
      adapters: (kind) => Promise.resolve(createMemoryAdapter(() => this.devices.get(kind) ?? unknown(kind))),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      clock: systemClock,
      random: Math.random,
      readBackAfterMs: 2_000,
      concurrency: 10,
      report: () => undefined,
      onError: this.#note,
    });
    this.#workers.push({ side, shared });
  }

  /** A pod begins, and another ends, at this pace, until the time is over. */
  async churn(perSecond: number, forMs: number): Promise<void> {
    const end = this.clock.now() + forMs;
    while (this.clock.now() < end) {
      await this.addPod();
      if (this.#live.size > 10) await this.endPod();
      await wait(1_000 / perSecond);
    }
  }

  async addPod(): Promise<void> {
    this.#pods += 1;
    const address = `10.1.${this.#pods >> 8}.${this.#pods & 255}`;
    const object = aPod({ name: address, addresses: [address], labels: { app: 'checkout' } });
    this.#live.add(address);
    await this.#loop.apply([{ kind: 'Pod', key: `shop/${address}`, object }], true);
  }

  async endPod(): Promise<void> {
    const [address = ''] = this.#live;
    this.#live.delete(address);
    this.#ended.push({ address, at: this.clock.now(), denied: new Map() });
    await this.#loop.apply([{ kind: 'Pod', key: `shop/${address}`, object: undefined }], true);
  }

  /** Do all firewalls permit what lives, and nothing else? */
  get isSettled(): boolean {
    return this.unsettled.length === 0;
  }

  /** What a firewall permits too much, or too little. */
  get unsettled(): readonly string[] {
    return [...this.devices].flatMap(([name, device]) => [
      ...[...this.#live].filter((address) => !permits(device, address)).map((address) => `${name} denies ${address}`),
      ...this.#ended
        .filter(({ address }) => permits(device, address))
        .map(({ address }) => `${name} permits ${address}`),
    ]);
  }

  /** How long the slowest revocation took of those asked for in this span of time. */
  slowestRevocation(from: number, until: number): number {
    const asked = this.#ended.filter(({ at }) => at >= from && at < until);
    return Math.max(0, ...asked.flatMap(({ at, denied }) => points.map((name) => (denied.get(name) ?? Infinity) - at)));
  }

  /** What is wrong with the record, when everything has ended: faults of its chains, and writes that are not on it. */
  async faultsOfRecord(): Promise<readonly string[]> {
    await this.close();
    const lines = new FileAuditLines(join(this.#folder, 'audit'));
    const chains = await lines.points();
    const faults: string[] = [];
    for (const { point, findings } of await verifyChains(lines, chains))
      faults.push(...findings.map(({ code, where, message }) => `${point} ${where} ${code}: ${message}`));
    for (const [name, device] of this.devices) {
      let begun = 0;
      for (const chain of chains.filter((each) => each.split('~')[0] === name))
        for await (const { text } of lines.lines(chain)) if (recordIn(text)?.type === 'begun') begun += 1;
      const wrote = device.requests().filter((request) => request.wrote).length;
      if (wrote > begun) faults.push(`${name}: ${wrote} writes, of which ${begun} are on record`);
    }
    return faults;
  }

  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    for (const { side, shared } of this.#workers) {
      await side.close();
      shared.disconnect();
    }
    this.#stop.abort();
    await this.#exported;
    await this.#shared.queue.close();
    this.#shared.disconnect();
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #note = (subject: string, error: unknown): void => void this.errors.push(`${subject}: ${String(error)}`);

  /**
   * A pod may end while its first grant is on its way: that is a revocation which takes longer, and wrong only if the
   * firewall had withdrawn the address before.
   */
  #look(name: string, device: MemorySimulator): void {
    const now = this.clock.now();
    const seen = this.#seen.get(name)!;
    for (const address of this.#live) if (permits(device, address)) seen.set(address, 'permitted');
    for (const { address, denied } of this.#ended)
      if (permits(device, address)) {
        if (seen.get(address) === 'withdrawn') this.wrong.add(`${name}: ${address}`);
        seen.set(address, 'permitted');
        denied.delete(name);
      } else {
        if (seen.get(address) === 'permitted') seen.set(address, 'withdrawn');
        if (!denied.has(name)) denied.set(name, now);
      }
  }
}

function permits(device: MemorySimulator, address: string): boolean {
  return device.verdict({ src: address, dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action === 'Accept';
}

function unknown(kind: string): never {
  throw new Error(`there is no firewall ${kind}`);
}
