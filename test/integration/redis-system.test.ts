import { Auditor } from '../../src/audit/auditor.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { Publisher } from '../../src/controller/publish/publisher.ts';
import { toChanges } from '../../src/core/compile/changes.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { MemoryReadingStore } from '../../src/store/reading-store.ts';
import { RedisDesiredStore } from '../../src/store/redis-store.ts';
import { Sessions } from '../../src/worker/sessions/sessions.ts';
import type { SyncReport } from '../../src/worker/sync-report.ts';
import { Worker } from '../../src/worker/worker.ts';
import { aNamespace, aNode, aPod, aPoint, aPolicy, aServiceAccount, aSnapshot } from '../kit/builders.ts';
import { aRedisRig, ready, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'A controller and two workers with Redis between them', () => {
  let server: RedisServer;
  let rig: RedisRig;
  let device: MemorySimulator;
  let controller: Publisher;
  let reports: SyncReport[];
  let stop: AbortController;
  let turn: Promise<void>;

  const inTurn = (task: () => Promise<unknown>): Promise<void> => {
    const then = async (): Promise<void> => {
      await task();
    };
    turn = turn.then(then, then);
    return turn;
  };
  const store = (fence: number): RedisDesiredStore =>
    new RedisDesiredStore({
      client: rig.client,
      keys: rig.keys,
      fence: () => fence,
      onError: (point, error) => void rig.errors.push(`${point}: ${(error as Error).message}`),
    });
  const startWorker = (): void => {
    const adapter = createMemoryAdapter(() => device);
    const sessions = new Sessions({
      adapters: () => Promise.resolve(adapter),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      clock: systemClock,
      signal: stop.signal,
    });
    const report = (item: SyncReport): void => void reports.push(item);
    const worker = { store: store(0), queue: rig.queue(), sessions, clock: systemClock, signal: stop.signal, report };
    new Worker({
      ...worker,
      audit: new Auditor({ store: new MemoryAuditStore(systemClock), clock: systemClock, onError: () => undefined }),
      random: () => 0,
      readings: new MemoryReadingStore(),
      readBackAfterMs: 300,
    }).start(2);
  };
  const change = (...changes: ObjectChange[]): Promise<void> => inTurn(() => controller.apply(changes, true));
  /** Nothing is waiting or running, and what went out as a delta has been read back. */
  const idle = (): Promise<void> => rig.queue().idle();
  const pod = (index: number, rest: Partial<Parameters<typeof aPod>[0]> = {}): ObjectChange => ({
    kind: 'Pod',
    key: `shop/checkout-${index}`,
    object: aPod({ name: `checkout-${index}`, addresses: [`10.0.0.${index}`], labels: { app: 'checkout' }, ...rest }),
  });
  const gone = (index: number): ObjectChange => ({ kind: 'Pod', key: `shop/checkout-${index}`, object: undefined });
  const permitted = (index: number): boolean =>
    device.verdict({ src: `10.0.0.${index}`, dst: '203.0.113.7', port: 443, protocol: 'TCP' }).action === 'Accept';
  const becomes = (index: number, expected: boolean): Promise<void> =>
    until(`10.0.0.${index} is ${expected ? 'permitted' : 'denied'}`, () => permitted(index) === expected, 20_000);

  beforeEach(async () => {
    server = await startRedis();
    rig = await aRedisRig(server.config, 'system');
    device = new MemorySimulator();
    reports = [];
    stop = new AbortController();
    turn = Promise.resolve();
    const onError = (point: string, error: unknown): void =>
      void rig.errors.push(`${point}: ${(error as Error).message}`);
    controller = new Publisher({ store: store(1), queue: rig.queue(), clock: systemClock, onError });
    startWorker();
    startWorker();
    void (async () => {
      while (!stop.signal.aborted) {
        await wait(200);
        await inTurn(() => controller.catchUp()).catch((error: unknown) => onError('catch-up', error));
      }
    })();
    const cluster = aSnapshot({
      namespaces: [aNamespace()],
      serviceAccounts: [aServiceAccount()],
      nodes: [aNode()],
      egressPolicies: [aPolicy({ subject: { podSelector: { matchLabels: { app: 'checkout' } } } })],
      enforcementPoints: [aPoint()],
    });
    await inTurn(() => controller.apply(toChanges(cluster), true));
    await change(pod(1));
    await becomes(1, true);
    await idle();
  });
  afterEach(async () => {
    stop.abort();
    await turn.catch(() => undefined);
    await rig.end();
    await server.stop();
  });

  it('takes the fast path for pods that come and go, and reads back afterwards, on whichever worker', async () => {
    const before = reports.length;
    await change(pod(2));
    await becomes(2, true);
    await change(gone(2));
    await becomes(2, false);
    await until('the read-back', () => reports.slice(before).some(({ path }) => path === 'full'), 5_000);
    const paths = reports.slice(before).map(({ path }) => path);
    // Of a change that comes when the device is due to be read, that reading tells.
    const alone = paths.slice(0, paths.indexOf('full'));
    expect(alone).toContain('delta');
    expect(alone).not.toContain('none');
  });

  it('lets go of a point that was deleted while no controller ran', async () => {
    const next = new Publisher({ store: store(2), queue: rig.queue(), clock: systemClock, onError: () => undefined });
    await next.apply([], true);
    expect(await store(2).points()).toEqual(['edge']);
    expect(await next.withdrawOrphans()).toEqual(['edge']);
    expect(await store(2).points()).toEqual([]);
    expect(await store(2).take('edge')).toBeUndefined();
    expect(permitted(1)).toBe(true);
  });

  it('loses nothing when everything is flushed, not even what changed meanwhile', async () => {
    await change(pod(2));
    await rig.client.flushall();
    await change(gone(1), pod(3));
    await Promise.all([becomes(1, false), becomes(2, true), becomes(3, true)]);
    await rig.client.flushall();
    await change(gone(2));
    await becomes(2, false);
    expect(permitted(3)).toBe(true);
  });

  it('withdraws an address that ended while Redis was away, as soon as an empty one is back', async () => {
    await change(pod(2));
    await becomes(2, true);
    await server.kill();
    await until('the loss is known', () => rig.client.status !== 'ready');
    await change(gone(2), pod(3));
    expect(permitted(2)).toBe(true);
    await server.start();
    await ready(rig.client);
    await Promise.all([becomes(2, false), becomes(3, true)]);
    expect(
      reports
        .filter(({ path }) => path === 'full')
        .every((report) => report.path !== 'full' || report.result.state !== 'held'),
    ).toBe(true);
  });

  it('goes on when Redis had no memory left for a while', async () => {
    const admin = server.admin();
    await admin.config('SET', 'maxmemory', '1');
    await change(pod(2), gone(1));
    await wait(300);
    expect(permitted(1)).toBe(true);
    await admin.config('SET', 'maxmemory', '0');
    await Promise.all([becomes(1, false), becomes(2, true)]);
    expect(rig.errors.join('\n')).toMatch(/edge: Redis: OOM/);
  });

  it('publishes again what a worker could not read', async () => {
    await rig.client.set(rig.keys.point('edge').log, 'foreign');
    await change(pod(2));
    await becomes(2, true);
    await rig.client.hset(rig.keys.point('edge').state, 'point', '{}');
    await rig.client.hset(rig.keys.point('edge').state, 'version', 'banana');
    await change(pod(3));
    await becomes(3, true);
  });
});
