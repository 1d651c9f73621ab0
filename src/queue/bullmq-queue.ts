import { randomUUID } from 'node:crypto';
import { Queue, UnrecoverableError, type Job } from 'bullmq';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { PointLease, PointLeases } from '../redis/point-lease.ts';
import { asRedisError } from '../redis/redis-error.ts';
import { QueueWorker, type WorkerTimes } from './queue-worker.ts';
import { jobOptions, pointOf, syncJob } from './sync-job.ts';
import { Wanted, type Wish } from './wanted.ts';
import { retryDelayMs, type Turn, type WorkQueue } from './work-queue.ts';

/** All in milliseconds. */
export interface QueueTimes extends WorkerTimes {
  /** A request that has not been begun this long after it was due is looked into. */
  readonly lateAfterMs: number;
  /** How often to look. */
  readonly watchEveryMs: number;
  /** A point that another worker holds is tried again after this. */
  readonly heldRetryMs: number;
  /** What running handlers have to end when the queue is closed. */
  readonly closeMs: number;
}

export const defaultTimes: QueueTimes = {
  lockMs: 20_000,
  stalledEveryMs: 5_000,
  lateAfterMs: 5_000,
  watchEveryMs: 5_000,
  heldRetryMs: 500,
  closeMs: 8_000,
};

export interface BullmqQueueDeps {
  /** Answers at once or not at all; closed by whoever opened it. */
  readonly client: RedisClient;
  /** Opens a connection for the worker's own loop, one that waits while Redis is away. */
  readonly patient: () => RedisClient;
  readonly keys: RedisKeys;
  readonly leases: PointLeases;
  /** @param subject a point, or `queue` */
  readonly onError: (subject: string, error: unknown) => void;
  readonly times?: Partial<QueueTimes>;
}

/** The queue on Redis, shared by any number of controllers and workers. */
export class BullmqQueue implements WorkQueue {
  readonly #deps: BullmqQueueDeps;
  readonly #times: QueueTimes;
  readonly #queue: Queue;
  readonly #wanted: Wanted;
  readonly #failures = new Map<string, number>();
  readonly #turns = new Set<AbortController>();
  #worker: QueueWorker | undefined;
  #watch: NodeJS.Timeout | undefined;
  #begun = 0;
  #begunAtLastLook = -1;
  #closed: Promise<void> | undefined;

  constructor(deps: BullmqQueueDeps) {
    this.#deps = deps;
    this.#times = { ...defaultTimes, ...deps.times };
    this.#wanted = new Wanted(deps.client, deps.keys.wanted);
    this.#queue = new Queue(syncJob, {
      connection: deps.client,
      prefix: deps.keys.queue,
      // Together these make an unreachable Redis an error at once; otherwise `add` would wait for ever.
      skipWaitingForReady: true,
      skipVersionCheck: true,
      streams: { events: { maxLen: 1_000 } },
    });
    this.#queue.on('error', (error) => deps.onError('queue', asRedisError(error)));
  }

  async enqueue(point: string, { delayMs = 0, urgent = false } = {}): Promise<void> {
    if (this.#closed !== undefined) return;
    try {
      await this.#add(point, await this.#wanted.ask(point, delayMs, urgent));
    } catch (error) {
      throw asRedisError(error);
    }
  }

  process(handler: (point: string, turn: Turn) => Promise<void>, concurrency: number): void {
    this.#worker = new QueueWorker({
      connect: this.#deps.patient,
      client: this.#deps.client,
      queue: this.#queue,
      run: (job) => this.#run(job, handler),
      concurrency,
      times: this.#times,
      onError: this.#deps.onError,
      onGivenUp: (job) => void this.#revive(job),
    });
    this.#watch = setInterval(() => void this.#lookAround(), this.#times.watchEveryMs);
  }

  async idle(): Promise<void> {
    while (!(await this.#isIdle())) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    const late = setTimeout(() => this.#endTurns(), this.#times.closeMs);
    await this.#worker?.close(this.#times.closeMs + 1_000);
    clearTimeout(late);
    this.#endTurns();
    await this.#queue.close().catch(() => undefined);
  }

  /**
   * Makes the queue hold what is wanted. A job that waits already is moved forward where need be; then it is asked
   * whether somebody else has wanted more in the meantime, for the last to write must write the most.
   */
  async #add(point: string, wish: Wish): Promise<void> {
    const id = randomUUID();
    const job = await this.#queue.add(syncJob, { point }, jobOptions(id, point, wish));
    if (job.id === id) return;
    // Jobs move on by themselves between these calls; what has moved on has been, or will be, begun after this request.
    if (wish.delayMs === 0) await ifStillThere(() => job.promote());
    if (wish.urgent) await ifStillThere(() => job.changePriority({ priority: 1 }));
    if (wish.delayMs === 0 && wish.urgent) return;
    const latest = await this.#wanted.of(point);
    const more = latest !== undefined && ((latest.urgent && !wish.urgent) || latest.due < wish.due);
    if (more) await this.#add(point, latest);
  }

  async #run(job: Job, handler: (point: string, turn: Turn) => Promise<void>): Promise<void> {
    const point = pointOf(job);
    this.#begun += 1;
    const lease = await this.#deps.leases.acquire(point);
    await this.#wanted.begin(point);
    if (lease === undefined) return this.enqueue(point, { delayMs: this.#times.heldRetryMs, urgent: true });
    try {
      await this.#hold(lease, (turn) => handler(point, turn));
      this.#failures.delete(point);
    } catch (error) {
      await this.#failed(point, error);
    } finally {
      await lease.release();
    }
  }

  /** A turn ends with its lease, or when the queue is closed and has waited long enough. */
  async #hold(lease: PointLease, handle: (turn: Turn) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const lost = (): void => end.abort(lease.signal.reason);
    lease.signal.addEventListener('abort', lost, { once: true });
    this.#turns.add(end);
    try {
      await handle({
        signal: end.signal,
        confirm: async () => {
          end.signal.throwIfAborted();
          await lease.confirm();
        },
      });
    } finally {
      this.#turns.delete(end);
      lease.signal.removeEventListener('abort', lost);
    }
  }

  async #failed(point: string, error: unknown): Promise<void> {
    this.#deps.onError(point, error);
    const failures = this.#failures.get(point) ?? 0;
    this.#failures.set(point, failures + 1);
    await this.#add(point, await this.#wanted.ask(point, retryDelayMs(failures), false));
  }

  #endTurns(): void {
    for (const turn of this.#turns)
      turn.abort(new Error('the queue was closed; whoever takes up the point next carries on'));
  }

  /** A job that brought down every worker that took it is not tried at once again, but its point is not forgotten. */
  async #revive(job: Job): Promise<void> {
    try {
      await this.enqueue(pointOf(job), { delayMs: retryDelayMs(10) });
    } catch (error) {
      if (!(error instanceof UnrecoverableError)) this.#deps.onError('queue', error);
    }
  }

  /**
   * Looks for requests that should have been begun: puts back those whose job is gone, moves on those that a clock
   * holds back, and starts the worker's connection anew when it does not take what is there.
   */
  async #lookAround(): Promise<void> {
    try {
      const late = await this.#wanted.overdue(this.#times.lateAfterMs);
      let waiting = 0;
      for (const point of late) if (await this.#isWaiting(point)) waiting += 1;
      const stuck = waiting > 0 && this.#begun === this.#begunAtLastLook && this.#worker?.hasRoom === true;
      this.#begunAtLastLook = this.#begun;
      if (stuck) {
        this.#begunAtLastLook = -1;
        this.#deps.onError('queue', asRedisError(`${waiting} points wait and none is taken up; connecting anew`));
        await this.#worker?.restart();
      }
    } catch (error) {
      this.#deps.onError('queue', asRedisError(error));
    }
  }

  async #isWaiting(point: string): Promise<boolean> {
    const id = await this.#queue.getDeduplicationJobId(point);
    const state = id === null ? 'unknown' : await this.#queue.getJobState(id);
    if (state === 'active') return false;
    if (state === 'waiting' || state === 'prioritized') return true;
    if (state !== 'delayed') await this.#queue.removeDeduplicationKey(point);
    const wish = await this.#wanted.of(point);
    if (wish !== undefined) await this.#add(point, wish);
    return false;
  }

  async #isIdle(): Promise<boolean> {
    try {
      const counts = await this.#queue.getJobCounts('active', 'waiting', 'prioritized', 'delayed');
      return Object.values(counts).every((count) => count === 0);
    } catch {
      return false;
    }
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
