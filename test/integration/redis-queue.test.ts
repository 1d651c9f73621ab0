import { afterAll, beforeAll, describe } from 'vitest';
import { aRedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';
import { describeWorkQueue } from '../kit/work-queue-contract.ts';

describeWith(['redis-server'], 'BullmqQueue', () => {
  let server: RedisServer;
  let installations = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  describe('like every work queue', () => {
    describeWorkQueue(async () => {
      installations += 1;
      const rig = await aRedisRig(server.config, `t${installations}`);
      return { queue: rig.queue(), errors: rig.errors, end: rig.end };
    });
  });
});
