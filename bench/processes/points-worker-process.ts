import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import { memoryConfigSchema } from '../../adapters/memory/config.ts';
import { MemorySimulator } from '../../adapters/memory/simulator.ts';
import type { Adapter } from '../../src/adapter/adapter.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { openRedis } from '../../src/compose/redis.ts';
import { parseRedisUrl } from '../../src/redis/config.ts';
import { startWorker } from '../../src/worker/start-worker.ts';
import { argument, tell } from './parent.ts';

/**
 * `postern worker` over many devices, each of which takes its time; tells each point that has been brought to its desired
 * state. A point is brought there once, by one worker, so that each process may have devices of its own.
 */
export interface PointsWorkerOptions {
  readonly redisUrl: string;
  /** What each call to a device takes, milliseconds. */
  readonly latencyMs: number;
  readonly concurrency: number;
}

const { redisUrl, latencyMs, concurrency } = argument() as PointsWorkerOptions;
const onError = (subject: string, error: unknown): void => void process.stderr.write(`${subject}: ${String(error)}\n`);
const devices = new Map<string, MemorySimulator>();
const memory = createMemoryAdapter();
const adapter: Adapter = {
  ...memory,
  config: memoryConfigSchema,
  connect: (config, deps) =>
    createMemoryAdapter(() => deviceOf(deps.secret['device'] ?? '')).connect(memoryConfigSchema.parse(config), deps),
};

function deviceOf(point: string): MemorySimulator {
  const known = devices.get(point) ?? new MemorySimulator();
  if (!devices.has(point)) known.fault({ kind: 'latency', latencyMs, times: Infinity });
  devices.set(point, known);
  return known;
}

const shared = openRedis({ config: parseRedisUrl(redisUrl), fence: () => 0, onError });
startWorker({
  ...shared,
  adapters: () => Promise.resolve(adapter),
  secrets: (name) => Promise.resolve({ device: name }),
  owner: { cluster: 'bench' },
  clock: systemClock,
  random: Math.random,
  readBackAfterMs: 600_000,
  concurrency,
  onError,
  report: (report) => {
    if (report.path === 'full' && report.result.state === 'programmed') tell(report.point);
    else if (report.path === 'none') onError(report.point, report.error);
  },
});
await shared.queue.depth().catch(() => undefined);
tell('ready');
