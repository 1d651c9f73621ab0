import { Hono } from 'hono';
import type { Metrics, WatchedSource } from '../metrics/metrics.ts';
import type { LateWork } from '../core/status/conditions.ts';
import { messageOf } from '../log/scrub.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { RedisHealth } from '../redis/outage.ts';

/** How one part is doing. Ready or not, the message says what a person should know; empty when there is nothing. */
interface Check {
  readonly name: string;
  readonly ready: boolean;
  readonly message: string;
}

type Queue = Pick<WorkQueue, 'depth' | 'trouble'>;

/** Points whose work has waited for too long, and why. */
type Late = () => ReadonlyMap<string, LateWork['reason']>;

/** What is known of Redis; both texts are empty when all is well. */
type RedisState = Pick<RedisHealth, 'away' | 'advice'>;

const answerWithinMs = 1_000;

/**
 * What a process tells about itself: its metrics, and how the parts are doing that have been named to it. A stalled
 * watch or a lost lease is told, and is no reason to start the process anew.
 */
export class Operations {
  readonly metrics: Metrics;
  #begun = false;
  #leads: boolean | undefined;
  #source: WatchedSource | undefined;
  #queue: Queue | undefined;
  #redis: RedisState | undefined;
  #late: Late | undefined;

  constructor(metrics: Metrics) {
    this.metrics = metrics;
  }

  /** Everything that is needed to begin is there. */
  begun(): void {
    this.#begun = true;
  }

  /** It leads, or stands by: both are in order. */
  leads(leads: boolean): void {
    this.metrics.leads(leads);
    this.#leads = leads;
    if (leads) return;
    this.#source = undefined;
    this.#late = undefined;
    this.#queue = undefined;
    this.#redis = undefined;
  }

  /** The cluster is followed by this from now on; until all of it has been read, the process is not ready. */
  follows(source: WatchedSource): void {
    this.metrics.follows(source);
    this.#source = source;
  }

  /** Points whose work no worker has dealt with for too long: while there are any, the process is not ready. */
  works(late: Late): void {
    this.metrics.works(late);
    this.#late = late;
  }

  /** The queue that is measured; while it does not answer, or gives this process no work, the process is not ready. */
  queue(queue: Queue): void {
    this.metrics.queue(() => queue.depth());
    this.#queue = queue;
  }

  /** While Redis is away, the process is not ready. */
  redis(state: RedisState): void {
    this.#redis = state;
  }

  /**
   * `/metrics`; `/healthz`, which answers as long as anything does; `/readyz`, 503 until every part is ready. Read only,
   * without configuration and without secrets.
   *
   * @param pages served beside these
   */
  app(pages?: Hono): Hono {
    const app = new Hono();
    app.use(async (context, next) => {
      await next();
      context.header('Cache-Control', 'no-store');
      context.header('X-Content-Type-Options', 'nosniff');
    });
    app.get('/healthz', (context) => context.json({ alive: true }));
    app.get('/readyz', async (context) => {
      const checks = await this.#checks();
      const ready = checks.every((check) => check.ready);
      return context.json({ ready, checks }, ready ? 200 : 503);
    });
    app.get('/metrics', async (context) => {
      const text = await this.metrics.text();
      return context.body(text, 200, { 'Content-Type': this.metrics.contentType });
    });
    if (pages !== undefined) app.route('/', pages);
    app.notFound((context) => context.json({ error: 'there is /metrics, /healthz and /readyz' }, 404));
    app.onError((_, context) => context.json({ error: 'this could not be answered' }, 500));
    return app;
  }

  async #checks(): Promise<readonly Check[]> {
    const start = {
      name: 'start',
      ready: this.#begun,
      message: this.#begun ? '' : 'has not begun: waiting for what it depends on',
    };
    return [
      start,
      ...(this.#leads === undefined ? [] : [leadership(this.#leads)]),
      ...(this.#source === undefined ? [] : [cluster(this.#source)]),
      ...(this.#late === undefined ? [] : [work([...this.#late().keys()])]),
      ...(this.#redis === undefined ? [] : [redis(this.#redis)]),
      ...(this.#queue === undefined ? [] : [await answers(this.#queue)]),
    ];
  }
}

function leadership(leads: boolean): Check {
  return { name: 'leadership', ready: true, message: leads ? 'leads' : 'stands by; another process leads' };
}

function cluster({ synced, health }: WatchedSource): Check {
  return { name: 'cluster', ready: synced, message: synced ? health.message : `being read; ${health.message}` };
}

/** Without it, what is in force is not known. */
function work(late: readonly string[]): Check {
  const names = late.slice(0, 5).join(', ');
  const message = `no worker has dealt with ${names}${late.length > 5 ? ', ...' : ''} for too long: is one running, and does it reach Redis?`;
  return { name: 'work', ready: late.length === 0, message: late.length === 0 ? '' : message };
}

function redis({ away, advice }: RedisState): Check {
  return { name: 'redis', ready: away === '', message: away === '' ? advice : `is away: ${away}` };
}

/** The queue has to answer, and soon, and to give work. */
async function answers(queue: Queue): Promise<Check> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, answerWithinMs, `no answer within ${answerWithinMs} ms`);
  });
  const asked = queue.depth().then(
    () => queue.trouble(),
    (error: unknown) => `cannot be reached: ${messageOf(error)}`,
  );
  const message = await Promise.race([asked, late]);
  clearTimeout(timer);
  return { name: 'queue', ready: message === '', message };
}
