import { randomUUID } from 'node:crypto';
import { Queue, type Job } from 'bullmq';
import { minOf } from '../core/model/extremes.ts';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { askRedis, asRedisError } from '../redis/redis-error.ts';
import { deleteIfScript } from '../redis/script.ts';
import { jobOptions, syncJob } from './sync-job.ts';
import { SyncRequests, type SyncRequest } from './requests.ts';
import type { QueueDepth } from './work-queue.ts';

/** The requesting side of the queue: keeps a job for every request. */
export class SyncJobs {
  readonly queue: Queue;
  readonly #client: RedisClient;
  readonly #requests: SyncRequests;

  constructor(client: RedisClient, keys: RedisKeys, onError: (subject: string, error: unknown) => void) {
    this.#client = client;
    this.#requests = new SyncRequests(client, keys);
    this.queue = new Queue(syncJob, {
      connection: client,
      prefix: keys.queue,
      // With both, an unreachable Redis is an error at once; otherwise `add` would wait for ever.
      skipWaitingForReady: true,
      skipVersionCheck: true,
      streams: { events: { maxLen: 1_000 } },
    });
    this.queue.on('error', (error) => onError('queue', asRedisError(error)));
  }

  /** @throws RedisError */
  async request(point: string, delayMs: number, urgent: boolean): Promise<void> {
    await askRedis(async () => {
      const request = await this.#requests.add(point, delayMs, urgent);
      if (!request.covered) await this.#add(point, request);
    });
  }

  /** Removes the requests for a point whose handler begins now. */
  begin(point: string): Promise<void> {
    return this.#requests.begin(point);
  }

  /**
   * Checks requests that are overdue by this many milliseconds: adds the job if it is missing, and moves it forward if
   * it
   * is still delayed.
   *
   * @returns how many points have a waiting job
   */
  async repairOverdue(lateAfterMs: number): Promise<number> {
    let waiting = 0;
    for (const point of await this.#requests.overdue(lateAfterMs)) if (await this.#isWaiting(point)) waiting += 1;
    return waiting;
  }

  /**
   * Looks for requests before and after jobs, because a request that was made while its point was handled becomes a job
   * later.
   */
  async isIdle(): Promise<boolean> {
    try {
      return (await this.#hasNoRequest()) && (await this.#hasNoJob()) && (await this.#hasNoRequest());
    } catch {
      return false;
    }
  }

  /** Does a point wait for a worker that has room? True also when Redis does not say. */
  async hasWaiting(): Promise<boolean> {
    const counts = await this.queue.getJobCounts('waiting', 'prioritized').catch(() => undefined);
    return counts === undefined || Object.values(counts).some((count) => count > 0);
  }

  /** @throws RedisError */
  async depth(): Promise<QueueDepth> {
    // In this order, so that a point that begins in between is counted twice rather than not at all.
    const [due, running] = await askRedis(() => Promise.all([this.#requests.due(), this.queue.getActiveCount()]));
    const late = due.filter((inMs) => inMs <= 0);
    const ahead = due.filter((inMs) => inMs > 0);
    return {
      waiting: late.length,
      running,
      delayed: ahead.length,
      oldestMs: late.length === 0 ? 0 : -minOf(late),
      ...(ahead.length > 0 && { nextMs: minOf(ahead) }),
    };
  }

  async close(): Promise<void> {
    await this.queue.close().catch(() => undefined);
  }

  async #hasNoRequest(): Promise<boolean> {
    return (await this.#requests.due()).length === 0;
  }

  async #hasNoJob(): Promise<boolean> {
    const counts = await this.queue.getJobCounts('active', 'waiting', 'prioritized', 'delayed');
    return Object.values(counts).every((count) => count === 0);
  }

  async #add(point: string, request: SyncRequest): Promise<void> {
    const id = randomUUID();
    const job = await this.queue.add(syncJob, { point }, jobOptions(id, point, request));
    if (job.id !== id) await this.#moveForward(job, point, request);
    void this.#requests.added(point, request);
  }

  /**
   * The point has a job already, which may have to move forward if it waits. Afterwards the requests are read again: if
   * another process has asked for more in the meantime, its job is moved as well. A job that has left its state between these
   * calls has begun, or will begin, after this request.
   */
  async #moveForward(job: Job, point: string, request: SyncRequest): Promise<void> {
    if (request.delayMs === 0) await ifStillWaiting(() => job.promote());
    if (request.urgent) await ifStillWaiting(() => job.changePriority({ priority: 1 }));
    if (request.delayMs === 0 && request.urgent) return;
    const latest = await this.#requests.of(point);
    const more = latest !== undefined && ((latest.urgent && !request.urgent) || latest.due < request.due);
    if (more) await this.#add(point, latest);
  }

  async #isWaiting(point: string): Promise<boolean> {
    const id = await this.queue.getDeduplicationJobId(point);
    const state = id === null ? 'unknown' : await this.queue.getJobState(id);
    if (state === 'active') return false;
    if (state === 'waiting' || state === 'prioritized') return true;
    // By now it may be of the next job, of which there must not be two.
    if (state !== 'delayed' && id !== null)
      await deleteIfScript.run(this.#client, [this.queue.toKey(`de:${point}`)], [id]);
    const request = await this.#requests.of(point);
    if (request !== undefined) await this.#add(point, request);
    return false;
  }
}

const missing = -1;
const inAnotherState = -3;

async function ifStillWaiting(move: () => Promise<void>): Promise<void> {
  try {
    await move();
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== missing && code !== inAnotherState) throw error;
  }
}
