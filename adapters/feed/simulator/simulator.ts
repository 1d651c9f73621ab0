import { z } from 'zod';
import { json } from '../../../kit/simulator/answers.ts';
import { serveSimulator } from '../../../kit/simulator/http.ts';
import type { SimulatedDevice, SimulatedRequest, SimulatedResponse } from '../../../kit/simulator/simulated-device.ts';
import type { Simulator, SimulatorOptions } from '../../../kit/simulator/simulator.ts';
import { FeedConsumer } from './consumer.ts';
import { fetchPath, type Source } from './fetcher.ts';

const sourceSchema = z.strictObject({
  url: z.string().regex(/^https:\/\//, 'must begin with https://'),
  ca: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  token: z.string().optional(),
  certificate: z.string().optional(),
  key: z.string().optional(),
  /** Seconds between two fetches; absent: only when it is told to. */
  intervalSeconds: z.int().min(1).optional(),
});

/**
 * A device that fetches a feed. What its administrator does on its console is here:
 *
 *   PUT  /feed      where to fetch from, with what, how often
 *   POST /refresh   fetch now; `fetching` of /lists tells until when
 *   GET  /lists     what it has, and what was answered to its last fetches
 *
 * @throws RangeError for a kind of device, `version`, that is not simulated
 */
export async function startFeedConsumer({
  port,
  version = 'generic',
  latencyMs,
}: SimulatorOptions): Promise<Simulator> {
  const device = new ConsumerDevice(new FeedConsumer(version));
  const identity = { kind: 'feed-consumer', version, credentials: {} };
  const simulator = await serveSimulator(identity, device, { port, ...(latencyMs !== undefined && { latencyMs }) });
  return { ...simulator, close: () => (device.stop(), simulator.close()) };
}

class ConsumerDevice implements SimulatedDevice {
  readonly #consumer: FeedConsumer;
  #source: Source | undefined;
  #timer: NodeJS.Timeout | undefined;
  #statuses: Readonly<Record<string, number>> = {};
  #fetching = false;

  constructor(consumer: FeedConsumer) {
    this.#consumer = consumer;
  }

  answer({ method, path, body }: SimulatedRequest): SimulatedResponse {
    switch (`${method} ${path}`) {
      case 'PUT /feed':
        return this.#configure(body);
      case 'POST /refresh':
        if (this.#source === undefined) return json(409, { error: 'PUT /feed first' });
        this.#start();
        return json(202, {}, true);
      case 'GET /lists':
        return json(200, { fetching: this.#fetching, statuses: this.#statuses, lists: this.#consumer.dump() });
      default:
        return json(404, { error: `no such endpoint: ${method} ${path}` });
    }
  }

  verdict: SimulatedDevice['verdict'] = (flow) => this.#consumer.verdict(flow);

  dump(): Readonly<Record<string, unknown>> {
    return this.#consumer.dump();
  }

  reset(): void {
    this.stop();
    this.#source = undefined;
    this.#statuses = {};
    this.#consumer.reset();
  }

  /** What it has fetched stays: a checkpoint is for devices that are written to. */
  checkpoint(): () => void {
    return () => undefined;
  }

  failure(status: number): SimulatedResponse {
    return json(status, { error: 'failed' });
  }

  throttled(): SimulatedResponse {
    return json(429, { error: 'too many requests' });
  }

  recordable({ path, body }: SimulatedRequest): { readonly path: string; readonly body: string } {
    return { path, body: path === '/feed' ? '' : body };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #configure(body: string): SimulatedResponse {
    const read = sourceSchema.safeParse(parsed(body));
    if (!read.success) return json(400, { error: z.prettifyError(read.error) });
    const { intervalSeconds, ...source } = read.data;
    const { leastIntervalSeconds } = this.#consumer.behaviour;
    if (intervalSeconds !== undefined && intervalSeconds < leastIntervalSeconds)
      return json(400, {
        error: `intervalSeconds: ${this.#consumer.kind} fetches every ${leastIntervalSeconds} seconds at most`,
      });
    this.stop();
    this.#source = source;
    if (intervalSeconds !== undefined) this.#timer = setInterval(() => this.#start(), intervalSeconds * 1_000);
    return json(200, {}, true);
  }

  #start(): void {
    if (this.#fetching || this.#source === undefined) return;
    this.#fetching = true;
    void this.#fetchAll(this.#source).finally(() => (this.#fetching = false));
  }

  async #fetchAll(source: Source): Promise<void> {
    const statuses: Record<string, number> = {};
    const fetchOne = async (path: string): Promise<void> => {
      const { followsRedirects: redirects } = this.#consumer.behaviour;
      const fetched = await fetchPath(source, path, { etag: this.#consumer.etagOf(path), redirects });
      statuses[path] = fetched.status;
      this.#consumer.take(path, fetched);
    };
    await fetchOne('rules.json');
    for (const path of this.#consumer.paths()) await fetchOne(path);
    this.#statuses = statuses;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
