import { BullmqQueue, type QueueTimes } from '../../src/queue/bullmq-queue.ts';
import type { RedisConfig } from '../../src/redis/config.ts';
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts';
import { redisKeys, type RedisKeys } from '../../src/redis/keys.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { until } from './redis-server.ts';

export interface RigTimes extends QueueTimes {
  /** A point that was not given back goes to another worker after this. */
  readonly leaseMs: number;
}

/** Short ones, but for what is lost where this process, or the machine, stands still for a while. */
const steadyTimes: RigTimes = {
  leaseMs: 30_000,
  lockMs: 30_000,
  stalledEveryMs: 500,
  lateAfterMs: 20_000,
  undoneAfterMs: 200,
  watchEveryMs: 500,
  heldRetryMs: 50,
  closeMs: 20_000,
};

/** For what is lost on purpose, so that tests need not wait for what takes half a minute in earnest. */
export const shortTimes: RigTimes = {
  ...steadyTimes,
  leaseMs: 2_000,
  lockMs: 1_500,
  lateAfterMs: 700,
  closeMs: 1_000,
};
/** Points of a process that has died are soon given to another one, and not those of one that stands still for a moment. */
export const takenOverTimes: RigTimes = { ...shortTimes, leaseMs: 15_000, lockMs: 15_000 };

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

/** A client, keys of its own, and queues that are closed in the end. */
export async function aRedisRig(
  config: RedisConfig,
  installation: string,
  { leaseMs, ...usual }: RigTimes = steadyTimes,
): Promise<RedisRig> {
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
      const leases = new RedisPointLeases(client, keys, leaseMs);
      const patient = (): RedisClient => connect('patient');
      const queue = new BullmqQueue({
        client,
        patient,
        keys,
        leases,
        onError: note,
        times: { ...usual, ...times },
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
