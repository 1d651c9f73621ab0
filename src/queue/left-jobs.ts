import type { Job, Queue } from 'bullmq';
import type { RedisClient } from '../redis/connect.ts';
import { askRedis } from '../redis/redis-error.ts';
import { deleteIfScript } from '../redis/script.ts';
import { pointOf } from './sync-job.ts';

/**
 * Jobs that Redis counts as running at one of these workers, and that do not run there: the end of the job, or the
 * answer that gave it, was lost with a server. Until its lock expires no other worker would take it.
 *
 * @param workers ids of this process' workers, which their locks begin with
 * @param running ids of the jobs that do run
 * @returns ids and locks of such jobs
 */
export async function leftJobs(
  queue: Queue,
  client: RedisClient,
  workers: ReadonlySet<string>,
  running: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const active = await askRedis(() => client.lrange(queue.toKey('active'), 0, -1));
  const others = active.filter((id) => !running.has(id));
  const locks = await askRedis(() => Promise.all(others.map((id) => client.get(lockOf(queue, id)))));
  const ours = others.flatMap((id, at): [string, string][] => {
    const lock = locks[at] ?? '';
    return workers.has(lock.split(':')[0] ?? '') ? [[id, lock]] : [];
  });
  return new Map(ours);
}

/**
 * Removes a job that was left, unless another worker has it by now.
 *
 * @returns its point, for which there may be something to do; undefined: it is another's, or gone
 */
export async function removeLeft(
  queue: Queue,
  client: RedisClient,
  [id, lock]: readonly [string, string],
): Promise<string | undefined> {
  if ((await deleteIfScript.run(client, [lockOf(queue, id)], [lock])) === 0) return undefined;
  return askRedis(async () => {
    const job: Job | undefined = await queue.getJob(id);
    await queue.remove(id);
    return job && pointOf(job);
  });
}

function lockOf(queue: Queue, id: string): string {
  return queue.toKey(`${id}:lock`);
}
