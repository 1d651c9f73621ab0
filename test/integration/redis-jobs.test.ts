import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { SyncJobs } from '../../src/queue/sync-jobs.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'Jobs of requests', () => {
  let server: RedisServer;
  let rig: RedisRig;
  let rigs = 0;
  beforeAll(async () => (server = await startRedis()));
  afterAll(() => server.stop());
  beforeEach(async () => (rig = await aRedisRig(server.config, `jobs-${(rigs += 1)}`)));
  afterEach(() => rig.end());

  it('are not doubled where one ends and the next begins while overdue ones are looked for', async () => {
    const jobs = new SyncJobs(rig.client, rig.keys, (_, error) => rig.errors.push(String(error)));
    let end: (() => void) | undefined;
    rig.queue().process(() => new Promise((resolve) => (end = resolve)), 2);
    await jobs.request('a', 0, false);
    await until('it runs', () => end !== undefined);
    await jobs.request('a', 0, false);
    const running = await jobs.queue.getDeduplicationJobId('a');
    vi.spyOn(jobs.queue, 'getDeduplicationJobId').mockResolvedValueOnce('the-one-before');
    await jobs.repairOverdue(-60_000);
    expect(await jobs.queue.getDeduplicationJobId('a')).toBe(running);
    await jobs.close();
    end?.();
  });

  it('begin once the requests that they are for were taken, however long that takes: any other is for the next', async () => {
    let taken: (() => void) | undefined;
    vi.spyOn(SyncJobs.prototype, 'begin').mockReturnValueOnce(new Promise((resolve) => (taken = resolve)));
    const queue = rig.queue();
    const handled: string[] = [];
    queue.process((point) => Promise.resolve(void handled.push(point)), 1);
    await queue.enqueue('b');
    const { lease } = rig.keys.point('b');
    await until('its lease is taken', async () => (await rig.client.exists(lease)) === 1);
    expect(handled).toEqual([]);
    taken?.();
    await until('it is handled', () => handled.length === 1);
  });
});
