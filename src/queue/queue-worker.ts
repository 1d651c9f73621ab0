import { Worker, type Job, type Queue } from 'bullmq';
import type { RedisClient } from '../redis/connect.ts';
import { asRedisError } from '../redis/redis-error.ts';
import { leftJobs, removeLeft } from './left-jobs.ts';

/** All in milliseconds. */
export interface WorkerTimes {
  /** A job whose worker has not renewed its lock for this long is given to another worker. */
  readonly lockMs: number;
  /** How often such jobs are looked for. */
  readonly stalledEveryMs: number;
}

interface QueueWorkerDeps {
  readonly connect: () => RedisClient;
  /** Answers at once or not at all. */
  readonly client: RedisClient;
  readonly queue: Queue;
  readonly run: (job: Job) => Promise<void>;
  readonly concurrency: number;
  readonly times: WorkerTimes;
  readonly onError: (subject: string, error: unknown) => void;
  /** The library will not try this job again. */
  readonly onGivenUp: (job: Job) => void;
}

/**
 * After an error the library asks Redis again at once; with Redis out of memory that is thousands of times a second.
 */
const pauseAfterErrorMs = 500;
/** Longer than a worker waits for a job: one that still cannot take any says so again within this. */
const troubleMs = 10_000;
/** How often `close` checks whether running jobs have ended, in milliseconds. */
const lookEveryMs = 50;

/** The part of the queue that takes jobs. It has its own connections, which can be replaced. */
export class QueueWorker {
  readonly #deps: QueueWorkerDeps;
  readonly #running = new Set<string>();
  /** Ids of all workers that there were; jobs that are locked by them are, or were, this process'. */
  readonly #ids = new Set<string>();
  /** Jobs found left when last looked, with their locks. */
  #left: ReadonlyMap<string, string> = new Map();
  #failure = { message: '', times: 0, at: -Infinity };
  /** The user may not use INFO, by which the library asks for the version. */
  #skipVersionCheck = false;
  #client: RedisClient;
  #worker: Worker;

  constructor(deps: QueueWorkerDeps) {
    this.#deps = deps;
    this.#client = deps.connect();
    this.#worker = this.#start();
  }

  /** Why it takes no jobs: an error that has come twice or more, and lately. Empty: it takes them. */
  get trouble(): string {
    const { message, times, at } = this.#failure;
    return times > 1 && performance.now() - at < troubleMs ? message : '';
  }

  /** Fewer jobs are running than may run side by side. */
  get hasRoom(): boolean {
    return this.#running.size < this.#deps.concurrency;
  }

  /**
   * Replaces connections that do not recover. Running jobs go on; the lease of their point keeps other workers away.
   */
  async restart(): Promise<void> {
    const [worker, client] = [this.#worker, this.#client];
    this.#client = this.#deps.connect();
    this.#worker = this.#start();
    await closeWithin(worker, client, 0);
  }

  /**
   * Without Redis, the library's polite close never ends, and a forced one after it waits for it: so the first is
   * forced.
   */
  async close(withinMs: number): Promise<void> {
    if (this.#client.status === 'ready') return closeWithin(this.#worker, this.#client, withinMs);
    for (let waited = 0; this.#running.size > 0 && waited < withinMs; waited += lookEveryMs)
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    await closeWithin(this.#worker, this.#client, 0);
  }

  /**
   * Gives up jobs that Redis counts as running here and that do not, found so twice in a row: the end of one takes a
   * moment.
   *
   * @returns their points. @throws RedisError
   */
  async giveUpLeft(): Promise<readonly string[]> {
    const { queue, client } = this.#deps;
    const before = this.#left;
    this.#left = await leftJobs(queue, client, this.#ids, this.#running);
    const still = [...this.#left].filter(([id, lock]) => before.get(id) === lock);
    const points = await Promise.all(still.map((job) => removeLeft(queue, client, job)));
    return points.filter((point) => point !== undefined);
  }

  #start(): Worker {
    const { queue, times, concurrency } = this.#deps;
    const worker = new Worker(queue.name, (job) => this.#count(job), {
      connection: this.#client,
      prefix: queue.opts.prefix ?? '',
      concurrency,
      lockDuration: times.lockMs,
      stalledInterval: times.stalledEveryMs,
      // A job that three workers died of is given up.
      maxStalledCount: 3,
      drainDelay: 5,
      runRetryDelay: 1_000,
      skipVersionCheck: this.#skipVersionCheck,
    });
    this.#ids.add(worker.id);
    worker.on('error', (error) => this.#rest(worker, error));
    worker.on('failed', (job, error) => this.#failed(job, error));
    worker.on('stalled', (id) => void this.#inspect(id));
    return worker;
  }

  async #count(job: Job): Promise<void> {
    this.#failure = { message: '', times: 0, at: -Infinity };
    const id = job.id ?? '';
    this.#running.add(id);
    try {
      await this.#deps.run(job);
    } finally {
      this.#running.delete(id);
    }
  }

  #rest(worker: Worker, error: Error): void {
    const failure = asRedisError(error);
    this.#deps.onError('queue', failure);
    this.#note(failure.message);
    if (!this.#skipVersionCheck && failure.code === 'NOPERM' && /\binfo\b/i.test(failure.message)) {
      this.#skipVersionCheck = true;
      void this.restart();
      return;
    }
    if (worker.isPaused() || worker.closing !== undefined) return;
    const quiet = (): undefined => undefined;
    worker.pause(true).catch(quiet);
    setTimeout(() => void worker.resume().catch(quiet), pauseAfterErrorMs);
  }

  #note(message: string): void {
    const { times, at } = this.#failure;
    const goesOn = performance.now() - at < troubleMs;
    this.#failure = { message, times: goesOn ? times + 1 : 1, at: performance.now() };
  }

  #failed(job: Job | undefined, error: Error): void {
    this.#deps.onError('queue', error);
    if (job?.finishedOn !== undefined) this.#deps.onGivenUp(job);
  }

  /** Reports and removes a job that cannot be parsed, which the library would take and drop for ever. */
  async #inspect(id: string): Promise<void> {
    const { queue, client, onError } = this.#deps;
    try {
      await queue.getJob(id);
    } catch (error) {
      if (!(error instanceof SyntaxError)) return;
      onError('queue', new Error(`Job ${JSON.stringify(id)} cannot be read; it is removed.`));
      // Its lock protects nothing, as no worker can run it.
      const remove = client.del(queue.toKey(`${id}:lock`)).then(() => queue.remove(id));
      await remove.catch((failure: unknown) => onError('queue', asRedisError(failure)));
    }
  }
}

/** Closes politely within `ms`, then by force: a job that is cut off is given to another worker. */
async function closeWithin(worker: Worker, client: RedisClient, ms: number): Promise<void> {
  const quiet = (): undefined => undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([worker.close(ms === 0).catch(quiet), late]);
  clearTimeout(timer);
  void worker.disconnect().catch(quiet);
  client.disconnect();
}
