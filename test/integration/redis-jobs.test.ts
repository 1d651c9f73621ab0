import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { SyncJobs } from '../../src/queue/sync-jobs.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'Jobs of requests that are overdue', () => {
  let server: RedisServer;
  let rig: RedisRig;
  beforeAll(async () => {
    server = await startRedis();
    rig = await aRedisRig(server.config, 'jobs');
  });
  afterAll(async () => {
    await rig.end();
    await server.stop();
  });

  it('are not doubled where one ends and the next begins while they are looked for', async () => {
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
});
