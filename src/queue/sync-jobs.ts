import { randomUUID } from 'node:crypto';
import { Queue, type Job } from 'bullmq';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import { askRedis, asRedisError } from '../redis/redis-error.ts';
import { jobOptions, syncJob } from './sync-job.ts';
import { SyncRequests, type SyncRequest } from './requests.ts';
import type { QueueDepth } from './work-queue.ts';

/** The asking side of the queue: sees to it that there is a job for whatever is asked for. */
export class SyncJobs {
  readonly queue: Queue;
  readonly #requests: SyncRequests;

  constructor(client: RedisClient, keys: RedisKeys, onError: (subject: string, error: unknown) => void) {
    this.#requests = new SyncRequests(client, keys.wanted);
    this.queue = new Queue(syncJob, {
      connection: client,
      prefix: keys.queue,
      // Together these make an unreachable Redis an error at once; otherwise `add` would wait for ever.
      skipWaitingForReady: true,
      skipVersionCheck: true,
      streams: { events: { maxLen: 1_000 } },
    });
    this.queue.on('error', (error) => onError('queue', asRedisError(error)));
  }

  /** @throws RedisError */
  async want(point: string, delayMs: number, urgent: boolean): Promise<void> {
    await askRedis(async () => {
      const request = await this.#requests.ask(point, delayMs, urgent);
      if (!request.covered) await this.#add(point, request);
    });
  }

  /** The handler of a point begins now: it sees everything that was asked for so far. */
  begin(point: string): Promise<void> {
    return this.#requests.begin(point);
  }

  /**
   * Looks for what should have been begun this long ago: puts back what has no job any more, moves on what a clock
   * holds back.
   *
   * @returns how many points just wait to be taken up
   */
  async putRight(lateAfterMs: number): Promise<number> {
    let waiting = 0;
    for (const point of await this.#requests.overdue(lateAfterMs)) if (await this.#isWaiting(point)) waiting += 1;
    return waiting;
  }

  /** What was asked for while its point was being handled is a request before it is a job. */
  async isIdle(): Promise<boolean> {
    try {
      return (await this.#hasNoRequest()) && (await this.#hasNoJob()) && (await this.#hasNoRequest());
    } catch {
      return false;
    }
  }

  /** @throws RedisError */
  async depth(): Promise<QueueDepth> {
    // In this order: what is begun in between is counted twice rather than not at all.
    const [due, running] = await askRedis(() => Promise.all([this.#requests.due(), this.queue.getActiveCount()]));
    const late = due.filter((inMs) => inMs <= 0);
    const ahead = due.filter((inMs) => inMs > 0);
    return {
      waiting: late.length,
      running,
      delayed: ahead.length,
      oldestMs: late.length === 0 ? 0 : -Math.min(...late),
      ...(ahead.length > 0 && { nextMs: Math.min(...ahead) }),
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
   * There is a job already, and if it waits it may have to move. Then it is asked whether somebody else has asked for more
   * in the meantime, for the last to write must write the most. Jobs move on by themselves between these calls; what has
   * moved on has been, or will be, begun after this request.
   */
  async #moveForward(job: Job, point: string, request: SyncRequest): Promise<void> {
    if (request.delayMs === 0) await ifStillThere(() => job.promote());
    if (request.urgent) await ifStillThere(() => job.changePriority({ priority: 1 }));
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
    if (state !== 'delayed') await this.queue.removeDeduplicationKey(point);
    const request = await this.#requests.of(point);
    if (request !== undefined) await this.#add(point, request);
    return false;
  }
}

const missing = -1;
const inAnotherState = -3;

async function ifStillThere(move: () => Promise<void>): Promise<void> {
  try {
    await move();
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== missing && code !== inAnotherState) throw error;
  }
}
