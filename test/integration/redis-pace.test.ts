import { Auditor } from '../../src/audit/auditor.ts';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { RedisRateLimit, SharedRateLimit } from '../../src/redis/rate-limit.ts';
import { MemoryReadingStore } from '../../src/store/reading-store.ts';
import { RedisDesiredStore } from '../../src/store/redis-store.ts';
import { Sessions } from '../../src/worker/sessions/sessions.ts';
import type { SyncReport } from '../../src/worker/sync-report.ts';
import { Worker } from '../../src/worker/worker.ts';
import { aPoint } from '../kit/builders.ts';
import { aPublication } from '../kit/desired-store-contract.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'Two workers at one device', () => {
  let server: RedisServer;
  let rig: RedisRig;
  let device: MemorySimulator;
  let reports: SyncReport[];
  let stop: AbortController;

  const store = (fence: number): RedisDesiredStore =>
    new RedisDesiredStore({ client: rig.client, keys: rig.keys, fence: () => fence, onError: () => undefined });
  const startWorker = (): void => {
    const adapter = createMemoryAdapter(() => device);
    const limit = new SharedRateLimit(new RedisRateLimit(rig.client, rig.keys), systemClock);
    const common = { clock: systemClock, signal: stop.signal };
    const sessions = new Sessions({
      ...common,
      adapters: () => Promise.resolve(adapter),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      limit,
    });
    const report = (item: SyncReport): void => void reports.push(item);
    const worker = { ...common, store: store(0), queue: rig.queue(), sessions, report };
    new Worker({
      ...worker,
      audit: new Auditor({ store: new MemoryAuditStore(systemClock), clock: systemClock, onError: () => undefined }),
      random: () => 0,
      readings: new MemoryReadingStore(),
      readBackAfterMs: 60_000,
    }).start(1);
  };
  const publish = async (limits?: { readonly callsPerSecond: number; readonly burst: number }): Promise<void> => {
    await store(1).publish(aPublication(['10.0.0.1'], undefined, { point: aPoint({ ...(limits && { limits }) }) }));
    await rig.queue().enqueue('edge');
  };
  const arrivals = (): number[] => device.requests().map(({ at }) => Date.parse(at));
  const programmed = (): boolean => reports.some((item) => item.path === 'full' && item.result.state === 'programmed');

  beforeEach(async () => {
    server = await startRedis();
    rig = await aRedisRig(server.config, 'pace');
    device = new MemorySimulator();
    reports = [];
    stop = new AbortController();
    startWorker();
    startWorker();
  });
  afterEach(async () => {
    stop.abort();
    await rig.end();
    await server.stop();
  });

  it('keep to its rate together', async () => {
    const limits = { callsPerSecond: 10, burst: 1 };
    const began = Date.now();
    // The point is dealt with by whichever worker; five requests for each round: two reads, a write, two reads.
    await publish(limits);
    await until('the first round', programmed, 15_000);
    reports.length = 0;
    await publish(limits);
    await until('the second round', programmed, 15_000);
    const times = arrivals();
    expect(times.length).toBeGreaterThanOrEqual(7);
    // The first may have been let go long before it arrived: the others are counted from before that.
    expect((times.at(-1) ?? 0) - began).toBeGreaterThanOrEqual((times.length - 1) * 100 - 20);
  });

  it('wait no longer than the rate says where the clock of Redis was set back', async () => {
    const limit = new RedisRateLimit(rig.client, rig.keys);
    await rig.client.set(rig.keys.point('device').rate, String(Date.now() + 7_200_000));
    expect(await limit.take('device', { perSecond: 10, burst: 2 })).toBeLessThanOrEqual(100);
  });

  it('leave it alone while it asks for that, whichever of them was told', async () => {
    device.fault({ kind: 'throttle', times: 1 });
    await publish();
    await until('the device was asked', () => arrivals().length > 0, 5_000);
    const [first = 0] = arrivals();
    // At once, and for both workers to take up: the pause is what keeps them.
    for (let round = 0; round < 4; round += 1) await rig.queue().enqueue('edge', { urgent: true });
    await until('it is programmed', programmed, 15_000);
    expect((arrivals()[1] ?? 0) - first).toBeGreaterThanOrEqual(950);
  });
});
