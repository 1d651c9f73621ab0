import { answers, type Check } from '../http/readiness.ts';
import type { Metrics, WatchedSource } from '../metrics/metrics.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import { UsageError } from '../cli/io.ts';
import type { Log } from '../log/log.ts';
import { version } from './version.ts';

/** What a process tells about itself over HTTP, and the parts that it tells of. */
export interface Operations {
  readonly metrics: Metrics;
  /** Where it listens, `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Everything that is needed to begin is there. */
  begun(): void;
  /** It leads, or stands by: both are in order. */
  leads(leads: boolean): void;
  /** The cluster is followed by this from now on; until all of it has been read, the process is not ready. */
  follows(source: WatchedSource): void;
  /** The queue that is measured. @param needed while it does not answer, the process is not ready */
  queue(queue: Pick<WorkQueue, 'depth'>, needed: boolean): void;
  close(): Promise<void>;
}

const answerWithinMs = 1_000;

/** Runs a task that tells about itself while it runs, if that was asked for. */
export async function withOperations<T>(
  address: string | undefined,
  log: Log,
  task: (operations: Operations | undefined) => Promise<T>,
): Promise<T> {
  const operations = await startOperations(address);
  if (operations !== undefined) log.info({ url: operations.url }, 'metrics and health');
  try {
    return await task(operations);
  } finally {
    await operations?.close();
  }
}

/**
 * Undefined unless asked for. What it needs is loaded only then.
 *
 * @param address `8080`, `127.0.0.1:8080`, `[::]:8080`
 * @throws UsageError when the address cannot be listened on
 */
export async function startOperations(address: string | undefined): Promise<Operations | undefined> {
  if (address === undefined) return undefined;
  const [{ parseListenAddress }, { listen }, { operationsApp }, { Metrics: Meters }] = await Promise.all([
    import('../http/address.ts'),
    import('../http/listen.ts'),
    import('../http/operations-app.ts'),
    import('../metrics/metrics.ts'),
  ]);
  const at = parseListenAddress(address);
  if (at === undefined) throw new UsageError(`--listen wants PORT or HOST:PORT, not "${address}"`);
  const metrics = new Meters({ version, now: () => Date.now(), elapsed: () => performance.now() }).collectProcess();
  const parts = new Parts();
  const app = operationsApp({
    checks: () => parts.checks(),
    metrics: async () => ({ text: await metrics.text(), contentType: metrics.contentType }),
  });
  const server = await listen(app, at).catch((error: unknown) => {
    throw new UsageError(`cannot listen on ${address}: ${error instanceof Error ? error.message : 'unknown error'}`);
  });
  return {
    metrics,
    url: server.url,
    begun: () => parts.begun(),
    leads: (leads) => {
      metrics.leads(leads);
      parts.leads(leads);
    },
    follows: (source) => {
      metrics.follows(source);
      parts.follows(source);
    },
    queue: (queue, needed) => {
      metrics.queue(() => queue.depth());
      if (needed) parts.queue(queue);
    },
    close: () => server.close(),
  };
}

/** How each part is doing. A stalled watch or a lost lease is told, and is no reason to start the process anew. */
class Parts {
  #begun = false;
  #leads: boolean | undefined;
  #source: WatchedSource | undefined;
  #queue: Pick<WorkQueue, 'depth'> | undefined;

  begun(): void {
    this.#begun = true;
  }

  leads(leads: boolean): void {
    this.#leads = leads;
    if (!leads) this.#source = undefined;
  }

  follows(source: WatchedSource): void {
    this.#source = source;
  }

  queue(queue: Pick<WorkQueue, 'depth'>): void {
    this.#queue = queue;
  }

  async checks(): Promise<readonly Check[]> {
    const queue = this.#queue;
    return [
      { name: 'start', ready: this.#begun, message: this.#begun ? '' : 'waits for what it needs to begin' },
      ...(this.#leads === undefined ? [] : [leadership(this.#leads)]),
      ...(this.#source === undefined ? [] : [cluster(this.#source)]),
      ...(queue === undefined ? [] : [await answers('queue', () => queue.depth(), answerWithinMs)]),
    ];
  }
}

function leadership(leads: boolean): Check {
  return { name: 'leadership', ready: true, message: leads ? 'leads' : 'stands by; another process leads' };
}

function cluster({ synced, health }: WatchedSource): Check {
  return { name: 'cluster', ready: synced, message: synced ? health.message : `being read; ${health.message}` };
}
