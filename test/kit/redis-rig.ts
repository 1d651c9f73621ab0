import { BullmqQueue, type QueueTimes } from '../../src/queue/bullmq-queue.ts';
import type { RedisConfig } from '../../src/redis/config.ts';
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts';
import { redisKeys, type RedisKeys } from '../../src/redis/keys.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { until } from './redis-server.ts';

/** Short ones, so that tests need not wait for what takes half a minute in earnest. */
export const shortTimes: QueueTimes = {
  lockMs: 1_500,
  stalledEveryMs: 500,
  lateAfterMs: 700,
  undoneAfterMs: 200,
  watchEveryMs: 500,
  heldRetryMs: 50,
  closeMs: 1_000,
};

export interface RedisRig {
  readonly keys: RedisKeys;
  readonly client: RedisClient;
  readonly errors: string[];
  /** One more process' worth of queue on the same Redis. */
  readonly queue: (times?: Partial<QueueTimes>) => BullmqQueue;
  readonly patient: () => RedisClient;
  /** Every connection that was opened to wait while Redis is away. */
  readonly patients: readonly RedisClient[];
  readonly end: () => Promise<void>;
}

/** A client, keys that nobody else uses, and queues that are closed in the end. */
export async function aRedisRig(config: RedisConfig, installation: string): Promise<RedisRig> {
  const errors: string[] = [];
  const note = (subject: string, error: unknown): void => void errors.push(`${subject}: ${(error as Error).message}`);
  const clients: RedisClient[] = [];
  const patients: RedisClient[] = [];
  const connect = (manner: 'prompt' | 'patient'): RedisClient => {
    const client = connectRedis(config, manner, (error) => note('connection', error));
    clients.push(client);
    if (manner === 'patient') patients.push(client);
    return client;
  };
  const keys = redisKeys(installation);
  const client = connect('prompt');
  const queues: BullmqQueue[] = [];
  await ready(client);
  return {
    keys,
    client,
    errors,
    patient: () => connect('patient'),
    patients,
    queue: (times = {}) => {
      const leases = new RedisPointLeases(client, keys, 2_000);
      const patient = (): RedisClient => connect('patient');
      const queue = new BullmqQueue({
        client,
        patient,
        keys,
        leases,
        onError: note,
        times: { ...shortTimes, ...times },
      });
      queues.push(queue);
      return queue;
    },
    end: async () => {
      await Promise.all(queues.map((queue) => queue.close()));
      for (const each of clients) each.disconnect();
    },
  };
}

export async function ready(client: RedisClient): Promise<void> {
  await until(
    'Redis answers',
    () =>
      client.ping().then(
        () => true,
        () => false,
      ),
    15_000,
  );
}
