import { drain, oneAtATime, type Drain } from '../serverless/drain.ts';
import { systemClock } from './clock.ts';
import { startRedisWorker, type RedisWorkerOptions } from './worker.ts';

/** Does what there is in the queue on Redis, with connections that live as long as the answer takes. */
export function redisDrain(options: Omit<RedisWorkerOptions, 'readBackAfterMs' | 'report'>): Drain {
  const start = (report: RedisWorkerOptions['report']) =>
    startRedisWorker({ ...options, readBackAfterMs: 0, ...(report && { report }) });
  return oneAtATime((budget) => drain({ start, clock: systemClock }, budget), systemClock);
}
