import type { DesiredState } from '../core/model/desired.ts';
import { connectRedis, firstWord } from '../redis/connect.ts';
import { redisKeys } from '../redis/keys.ts';
import { RedisPointLeases, type PointLease } from '../redis/point-lease.ts';
import { RedisReadingStore } from '../store/redis-reading-store.ts';
import type { Environment } from './environment.ts';
import { redisIfAny, type RedisChoice } from './redis-choice.ts';

/** What the workers at a Redis keep and hold, for a command that runs beside them. */
export interface BesideWorkers {
  /** What was in force last of a point with change windows; undefined: they do not know. @throws Error that says why it cannot be read */
  readonly inForce: (point: string) => Promise<DesiredState | undefined>;
  /** The right to write to a point; undefined: a worker has it. @throws RedisError */
  readonly lease: (point: string) => Promise<PointLease | undefined>;
  /** To be called last. */
  readonly disconnect: () => void;
}

/** @returns undefined: no Redis is named. @throws UsageError when it is named in a way that cannot be used */
export async function besideWorkers(choice: RedisChoice, environment: Environment): Promise<BesideWorkers | undefined> {
  const config = redisIfAny(choice, environment);
  if (config === undefined) return undefined;
  // Errors of the connection reach the caller of each request.
  const client = connectRedis(config, 'prompt', () => undefined);
  await firstWord(client);
  const keys = redisKeys();
  const onError = (_: string, error: unknown): never => {
    throw error;
  };
  const readings = new RedisReadingStore({ client, keys, onError });
  const leases = new RedisPointLeases(client, keys);
  return {
    inForce: (point) => readings.inForce(point),
    lease: (point) => leases.acquire(point),
    disconnect: () => client.disconnect(),
  };
}
