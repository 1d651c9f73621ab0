import { getEventListeners } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import { FileAuditLines } from '../../src/audit/files/file-audit-lines.ts';
import { verifyChains } from '../../src/audit/verify-chains.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { openRedis } from '../../src/compose/redis.ts';
import { startControllerLoop } from '../../src/controller/publish/loop.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { startWorker } from '../../src/worker/start-worker.ts';
import { aNamespace, aPod, aPoint, aPolicy } from '../kit/builders.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

/*
 * Pods come and go at a controller, a worker and a Redis for as long as one likes: `POSTERN_CHURN_SECONDS=3600`. What is
 * kept - heap, keys, connections, listeners, the record that has yet to reach the disk - follows from how many there are.
 */

const seconds = Number(process.env['POSTERN_CHURN_SECONDS'] ?? '15');
const perSecond = 20;
const alive = 50;
const looks = 6;
/** Of what a process learns in its first seconds, more or less. */
const mostGrowthBytes = 12_000_000;
/** Lines that the exporter moves within two of its turns. */
const mostBacklog = 400;

interface Momentary {
  readonly keys: number;
  readonly connections: number;
  readonly open: number;
  readonly listeners: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describeWith(['redis-server'], `${seconds} seconds of churn`, () => {
  let server: RedisServer;
  const folder = aFolder();
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('leave heap, keys, connections, listeners and backlog flat', { timeout: seconds * 2_000 + 60_000 }, async () => {
    const device = new MemorySimulator();
    const stop = new AbortController();
    const errors: string[] = [];
    const onError = (subject: string, error: unknown): void => void errors.push(`${subject}: ${String(error)}`);
    const shared = openRedis({ config: server.config, fence: () => 1, onError });
    await shared.tried;
    const loop = startControllerLoop({ ...shared, clock: systemClock, recheckEveryMs: 10_000, onError }, stop.signal);
    const exported = shared.exportAudit(join(folder, 'audit'), stop.signal);
    const worker = startWorker({
      ...shared,
      adapters: () => Promise.resolve(createMemoryAdapter(() => device)),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      clock: systemClock,
      random: Math.random,
      readBackAfterMs: 500,
      concurrency: 4,
      report: () => undefined,
      onError,
    });
    await loop.apply(
      [
        { kind: 'Namespace', key: 'shop', object: aNamespace() },
        { kind: 'EgressPolicy', key: 'shop/checkout', object: aPolicy() },
        { kind: 'EnforcementPoint', key: 'edge', object: aPoint() },
      ],
      true,
    );
    const admin = server.admin();
    const look = async () => {
      await until('the record is on disk', async () => (await backlog()) === 0, 10_000);
      // The log of the simulated device is no part of what is measured.
      (device.requests() as unknown[]).length = 0;
      collect();
      const heap = process.memoryUsage().heapUsed;
      // What is in progress at one moment is over at another, and what is kept is there at each.
      const moments: Momentary[] = [];
      for (let moment = 0; moment < 5; moment += 1) {
        moments.push({
          keys: await admin.dbsize(),
          connections: Number(/connected_clients:(\d+)/.exec(await admin.info('clients'))?.[1]),
          open: process.getActiveResourcesInfo().length,
          listeners: getEventListeners(process, 'warning').length + getEventListeners(stop.signal, 'abort').length,
        });
        await wait(50);
      }
      const least = (what: keyof Momentary): number => Math.min(...moments.map((one) => one[what]));
      return {
        heap,
        keys: least('keys'),
        connections: least('connections'),
        open: least('open'),
        listeners: least('listeners'),
      };
    };
    const backlog = async (): Promise<number> => {
      const lists = await admin.keys('*audit');
      const lengths = await Promise.all(lists.map((key) => admin.llen(key).catch(() => 0)));
      return lengths.reduce((sum, length) => sum + length, 0);
    };
    const seen = [];
    let [pods, longest] = [0, 0];
    for (let at = 0; at < looks; at += 1) {
      for (const end = performance.now() + (seconds * 1_000) / looks; performance.now() < end; pods += 1) {
        await loop.apply([pod(pods, true), pod(pods - alive, false)], true);
        await wait(1_000 / perSecond);
        if (pods % perSecond === 0) longest = Math.max(longest, await backlog());
      }
      seen.push(await look());
    }
    admin.disconnect();
    await worker.close();
    stop.abort();
    await exported;
    await shared.queue.close();
    shared.disconnect();
    const lines = new FileAuditLines(join(folder, 'audit'));
    expect((await verifyChains(lines, await lines.points())).flatMap(({ findings }) => findings)).toEqual([]);
    const [, early] = seen;
    const last = seen.at(-1);
    if (early === undefined || last === undefined) throw new Error('nothing was measured');
    if (seconds > 60) process.stdout.write(`${pods} pods, backlog at most ${longest}: ${JSON.stringify(seen)}\n`);
    expect(last.heap - early.heap).toBeLessThan(mostGrowthBytes);
    expect(last.keys).toBeLessThanOrEqual(early.keys + 5);
    expect(last.connections).toBeLessThanOrEqual(early.connections + 2);
    expect(last.open).toBeLessThanOrEqual(early.open + 3);
    expect(last.listeners).toBeLessThanOrEqual(early.listeners + 2);
    expect(longest).toBeLessThan(mostBacklog);
    // Of a process that stood still for a while Redis has heard nothing, and it nothing of Redis.
    expect(errors.filter((error) => !/timed out|was lost|may be lost/.test(error))).toEqual([]);
  });
});

function pod(i: number, isThere: boolean): ObjectChange {
  const address = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
  const object = aPod({ name: `p-${i}`, uid: `u-${i}`, addresses: [address] });
  return { kind: 'Pod', key: `shop/p-${i}`, object: isThere ? object : undefined };
}
