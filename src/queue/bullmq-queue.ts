import { UnrecoverableError, type Job } from 'bullmq';
import { RecoveryCheck } from '../redis/recovery-check.ts';
import type { RedisClient } from '../redis/connect.ts';
import type { RedisKeys } from '../redis/keys.ts';
import type { PointLease, RedisPointLeases } from '../redis/point-lease.ts';
import { asRedisError } from '../redis/redis-error.ts';
import { QueueWorker, type WorkerTimes } from './queue-worker.ts';
import { RequestListener } from './request-listener.ts';
import { pointOf } from './sync-job.ts';
import { SyncJobs } from './sync-jobs.ts';
import { retryDelayMs, type QueueDepth, type WorkLease, type WorkQueue } from './work-queue.ts';

/** All in milliseconds. */
export interface QueueTimes extends WorkerTimes {
  /** A request whose handler has not begun this long after it was due is checked. */
  readonly lateAfterMs: number;
  /** The same after an outage, when the job of a request may be lost. */
  readonly undoneAfterMs: number;
  /** How often overdue requests are looked for. */
  readonly watchEveryMs: number;
  /** A point that another worker holds is tried again after this. */
  readonly heldRetryMs: number;
  /** How long running handlers may go on when the queue is closed. */
  readonly closeMs: number;
}

const defaultTimes: QueueTimes = {
  lockMs: 20_000,
  stalledEveryMs: 5_000,
  lateAfterMs: 5_000,
  undoneAfterMs: 500,
  watchEveryMs: 5_000,
  heldRetryMs: 500,
  closeMs: 8_000,
};

export interface BullmqQueueDeps {
  /** Fails at once while Redis is away; its opener closes it. */
  readonly client: RedisClient;
  /** Opens a connection that waits while Redis is away, for the loop of the worker. */
  readonly patient: () => RedisClient;
  readonly keys: RedisKeys;
  readonly leases: Pick<RedisPointLeases, 'acquire' | 'reclaim'>;
  /** @param subject a point, or `queue` */
  readonly onError: (subject: string, error: unknown) => void;
  /** What else is compared with Redis after an outage. */
  readonly alsoAfterwards?: () => Promise<void>;
  readonly times?: Partial<QueueTimes>;
}

/** The queue on Redis, shared by any number of controllers and workers. */
export class BullmqQueue implements WorkQueue {
  readonly #deps: BullmqQueueDeps;
  readonly #times: QueueTimes;
  readonly #jobs: SyncJobs;
  readonly #failures = new Map<string, number>();
  readonly #handlers = new Set<AbortController>();
  readonly #recoveryCheck: RecoveryCheck;
  #worker: QueueWorker | undefined;
  #requests: RequestListener | undefined;
  #watch: NodeJS.Timeout | undefined;
  #begun = 0;
  /** When points that wait were looked for last: how many handlers had begun, and whether one waited. */
  #lastLook = { begun: 0, waited: false };
  #closed: Promise<void> | undefined;

  constructor(deps: BullmqQueueDeps) {
    this.#deps = deps;
    this.#times = { ...defaultTimes, ...deps.times };
    this.#recoveryCheck = new RecoveryCheck(deps.client, () => this.#takeUp());
    this.#jobs = new SyncJobs(deps.client, deps.keys, this.#onError);
  }

  /** Works also while the queue is being closed: another worker takes what a handler asks for then. */
  enqueue(point: string, { delayMs = 0, urgent = false } = {}): Promise<void> {
    return this.#jobs.request(point, delayMs, urgent);
  }

  process(handler: (point: string, lease: WorkLease) => Promise<void>, concurrency: number): void {
    this.#worker = new QueueWorker({
      connect: this.#deps.patient,
      client: this.#deps.client,
      queue: this.#jobs.queue,
      run: (job) => this.#run(job, handler),
      concurrency,
      times: this.#times,
      onError: this.#onError,
      onGivenUp: (job) => void this.#requeueGivenUp(job),
    });
    const { keys, patient } = this.#deps;
    this.#requests = new RequestListener(patient(), keys.requestChannel, (error) => this.#onError('queue', error));
    this.#watch = setInterval(() => void this.#restartIfStuck(), this.#times.watchEveryMs);
  }

  async idle(): Promise<void> {
    while (this.#closed === undefined && !(await this.#jobs.isIdle()))
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  depth(): Promise<QueueDepth> {
    return this.#jobs.depth();
  }

  async promoteDue(): Promise<void> {
    await this.#jobs.repairOverdue(0);
  }

  trouble(): string {
    return this.#worker?.trouble ?? '';
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    this.#recoveryCheck.close();
    const late = setTimeout(() => this.#endHandlers(), this.#times.closeMs);
    await this.#worker?.close(this.#times.closeMs + 1_000);
    clearTimeout(late);
    this.#endHandlers();
    this.#requests?.close();
    await this.#jobs.close();
  }

  /** What was undone by an outage is done again: leases given back, jobs ended, jobs added for requests. */
  async #takeUp(): Promise<void> {
    await this.#deps.alsoAfterwards?.();
    await this.#deps.leases.reclaim();
    for (const point of (await this.#worker?.giveUpLeft()) ?? []) await this.enqueue(point, { urgent: true });
    await this.#jobs.repairOverdue(this.#times.undoneAfterMs);
  }

  readonly #onError = (subject: string, error: unknown): void => {
    this.#recoveryCheck.met(error);
    this.#deps.onError(subject, error);
  };

  async #run(job: Job, handler: (point: string, lease: WorkLease) => Promise<void>): Promise<void> {
    const point = pointOf(job);
    this.#begun += 1;
    // Both before the handler reads what there is to do, and neither waits for the other.
    const begun = this.#jobs.begin(point);
    begun.catch(() => undefined); // thrown where it is awaited
    const lease = await this.#deps.leases.acquire(point);
    if (lease === undefined) {
      await begun;
      return this.enqueue(point, { delayMs: this.#times.heldRetryMs, urgent: true });
    }
    // From here on the lease is always given back: while it is held, no other worker handles the point.
    try {
      await begun;
      await this.#withLease(point, lease, (own) => handler(point, own));
      this.#failures.delete(point);
    } catch (error) {
      await this.#failed(point, error);
    } finally {
      await lease.release();
    }
  }

  /** Aborts the handler when the lease is lost, or when the queue was closed and has waited for `closeMs`. */
  async #withLease(point: string, lease: PointLease, handle: (own: WorkLease) => Promise<void>): Promise<void> {
    const end = new AbortController();
    const lost = (): void => end.abort(lease.signal.reason);
    lease.signal.addEventListener('abort', lost, { once: true });
    this.#handlers.add(end);
    const confirm = async (): Promise<void> => {
      end.signal.throwIfAborted();
      await lease.confirm();
    };
    try {
      await handle({
        token: lease.token,
        continues: lease.continues,
        signal: end.signal,
        confirm,
        stillHeld: () => {
          lease.stillHeld();
          end.signal.throwIfAborted();
        },
        requested: () => this.#requests?.next(point),
        othersWait: () => this.#othersWait(),
      });
    } finally {
      this.#handlers.delete(end);
      lease.signal.removeEventListener('abort', lost);
    }
  }

  async #othersWait(): Promise<boolean> {
    if (this.#closed !== undefined) return true;
    return this.#worker?.hasRoom !== true && (await this.#jobs.hasWaiting());
  }

  async #failed(point: string, error: unknown): Promise<void> {
    this.#onError(point, error);
    const failures = this.#failures.get(point) ?? 0;
    this.#failures.set(point, failures + 1);
    await this.enqueue(point, { delayMs: retryDelayMs(failures) });
  }

  #endHandlers(): void {
    const reason = new Error('the queue was closed; the next worker that takes the point goes on');
    for (const handler of this.#handlers) handler.abort(reason);
  }

  /** The library gave up a job, because every worker that took it died. Its point is tried again after a long delay. */
  async #requeueGivenUp(job: Job): Promise<void> {
    try {
      const point = pointOf(job);
      await this.#jobs.begin(point);
      await this.enqueue(point, { delayMs: retryDelayMs(10) });
    } catch (error) {
      if (!(error instanceof UnrecoverableError)) this.#deps.onError('queue', error);
    }
  }

  /** Opens new connections for the worker if points waited at the last look as well, it has room, and has taken none since. */
  async #restartIfStuck(): Promise<void> {
    try {
      const waiting = await this.#jobs.repairOverdue(this.#times.lateAfterMs);
      const { begun, waited } = this.#lastLook;
      const stuck = waiting > 0 && waited && this.#begun === begun && this.#worker?.hasRoom === true;
      // New connections have until the look after the next.
      this.#lastLook = { begun: this.#begun, waited: waiting > 0 && !stuck };
      if (!stuck) return;
      this.#deps.onError('queue', asRedisError(`${waiting} points wait and this worker takes none; it connects again`));
      await this.#worker?.restart();
    } catch (error) {
      this.#deps.onError('queue', asRedisError(error));
    }
  }
}
