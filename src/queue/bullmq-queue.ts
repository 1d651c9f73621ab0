import { UnrecoverableError, type Job } from 'bullmq';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { PointLease, RedisPointLeases } from '../redis/point-lease.ts';
import { asRedisError } from '../redis/redis-error.ts';
import { QueueWorker, type WorkerTimes } from './queue-worker.ts';
import { pointOf } from './sync-job.ts';
import { SyncJobs } from './sync-jobs.ts';
import { retryDelayMs, type QueueDepth, type WorkLease, type WorkQueue } from './work-queue.ts';

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

const defaultTimes: QueueTimes = {
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
  readonly leases: Pick<RedisPointLeases, 'acquire'>;
  /** @param subject a point, or `queue` */
  readonly onError: (subject: string, error: unknown) => void;
  readonly times?: Partial<QueueTimes>;
}

/** The queue on Redis, shared by any number of controllers and workers. */
export class BullmqQueue implements WorkQueue {
  readonly #deps: BullmqQueueDeps;
  readonly #times: QueueTimes;
  readonly #jobs: SyncJobs;
  readonly #failures = new Map<string, number>();
  readonly #handlers = new Set<AbortController>();
  #worker: QueueWorker | undefined;
  #watch: NodeJS.Timeout | undefined;
  #begun = 0;
  #begunAtLastLook = -1;
  #closed: Promise<void> | undefined;

  constructor(deps: BullmqQueueDeps) {
    this.#deps = deps;
    this.#times = { ...defaultTimes, ...deps.times };
    this.#jobs = new SyncJobs(deps.client, deps.keys, deps.onError);
  }

  /** Works until the very end: what a handler asks for while the queue is being closed is for another worker. */
  enqueue(point: string, { delayMs = 0, urgent = false } = {}): Promise<void> {
    return this.#jobs.want(point, delayMs, urgent);
  }

  process(handler: (point: string, lease: WorkLease) => Promise<void>, concurrency: number): void {
    this.#worker = new QueueWorker({
      connect: this.#deps.patient,
      client: this.#deps.client,
      queue: this.#jobs.queue,
      run: (job) => this.#run(job, handler),
      concurrency,
      times: this.#times,
      onError: this.#deps.onError,
      onGivenUp: (job) => void this.#revive(job),
    });
    this.#watch = setInterval(() => void this.#lookAround(), this.#times.watchEveryMs);
  }

  async idle(): Promise<void> {
    while (this.#closed === undefined && !(await this.#jobs.isIdle()))
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  depth(): Promise<QueueDepth> {
    return this.#jobs.depth();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    const late = setTimeout(() => this.#endHandlers(), this.#times.closeMs);
    await this.#worker?.close(this.#times.closeMs + 1_000);
    clearTimeout(late);
    this.#endHandlers();
    await this.#jobs.close();
  }

  async #run(job: Job, handler: (point: string, lease: WorkLease) => Promise<void>): Promise<void> {
    const point = pointOf(job);
    this.#begun += 1;
    const lease = await this.#deps.leases.acquire(point);
    if (lease === undefined) {
      await this.#jobs.begin(point);
      return this.enqueue(point, { delayMs: this.#times.heldRetryMs, urgent: true });
    }
    // From here on the lease is given back whatever happens: while it is held, nobody else touches the point.
    try {
      await this.#jobs.begin(point);
      await this.#hold(lease, (own) => handler(point, own));
      this.#failures.delete(point);
    } catch (error) {
      await this.#failed(point, error);
    } finally {
      await lease.release();
    }
  }

  /** A handler is told to end with its lease, or when the queue is closed and has waited long enough. */
  async #hold(lease: PointLease, handle: (own: WorkLease) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const lost = (): void => end.abort(lease.signal.reason);
    lease.signal.addEventListener('abort', lost, { once: true });
    this.#handlers.add(end);
    const confirm = async (): Promise<void> => {
      end.signal.throwIfAborted();
      await lease.confirm();
    };
    try {
      await handle({ signal: end.signal, confirm });
    } finally {
      this.#handlers.delete(end);
      lease.signal.removeEventListener('abort', lost);
    }
  }

  async #failed(point: string, error: unknown): Promise<void> {
    this.#deps.onError(point, error);
    const failures = this.#failures.get(point) ?? 0;
    this.#failures.set(point, failures + 1);
    await this.enqueue(point, { delayMs: retryDelayMs(failures) });
  }

  #endHandlers(): void {
    const reason = new Error('the queue was closed; whoever takes up the point next carries on');
    for (const handler of this.#handlers) handler.abort(reason);
  }

  /** A job that brought down every worker that took it is not tried at once again, but its point is not forgotten. */
  async #revive(job: Job): Promise<void> {
    try {
      const point = pointOf(job);
      await this.#jobs.begin(point);
      await this.enqueue(point, { delayMs: retryDelayMs(10) });
    } catch (error) {
      if (!(error instanceof UnrecoverableError)) this.#deps.onError('queue', error);
    }
  }

  /** Starts the worker's connections anew when it does not take what is there, although it could. */
  async #lookAround(): Promise<void> {
    try {
      const waiting = await this.#jobs.putRight(this.#times.lateAfterMs);
      const stuck = waiting > 0 && this.#begun === this.#begunAtLastLook && this.#worker?.hasRoom === true;
      this.#begunAtLastLook = stuck ? -1 : this.#begun;
      if (!stuck) return;
      this.#deps.onError('queue', asRedisError(`${waiting} points wait and none is taken up; connecting anew`));
      await this.#worker?.restart();
    } catch (error) {
      this.#deps.onError('queue', asRedisError(error));
    }
  }
}
