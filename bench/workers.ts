import { setTimeout as wait } from 'node:timers/promises';
import { createMemoryAdapter } from '../adapters/memory/adapter.ts';
import { memoryConfigSchema } from '../adapters/memory/config.ts';
import { MemorySimulator, type DeviceAnswer } from '../adapters/memory/simulator.ts';
import type { DeviceRequest } from '../adapters/memory/device.ts';
import type { Adapter } from '../src/adapter/adapter.ts';
import { systemClock } from '../src/compose/clock.ts';
import { startControllerLoop } from '../src/controller/publish/loop.ts';
import { openRedis, type SharedState } from '../src/compose/redis.ts';
import { parseRedisUrl } from '../src/redis/config.ts';
import { startWorker } from '../src/worker/start-worker.ts';
import type { ObjectChange } from '../src/core/model/snapshot.ts';
import { clusterOf, podOf } from './worlds/cluster.ts';
import type { PointsWorkerOptions } from './processes/points-worker-process.ts';
import { Process } from './processes/process.ts';
import { startRedis } from './processes/redis.ts';
import { reference, row, type Row } from './row.ts';

const points = 50;
/** So many are dealt with in whole rounds by one worker and by four: what they take tells of the workers, not of the rest of a division. */
const evenPoints = 48;
const namespaces = 100;
const latencyMs = 250;
/** Of the division alone: little to compute, and much to wait for. */
const scaled = { latencyMs: 500, policies: 5 };
const concurrency = 4;
const updates = 40;

/** Counts who writes to it at the same moment. */
class WatchedDevice extends MemorySimulator {
  writes = 0;
  writers = 0;
  mostWriters = 0;

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method === 'GET') return super.request(request);
    this.writes += 1;
    this.writers += 1;
    this.mostWriters = Math.max(this.mostWriters, this.writers);
    try {
      return await super.request(request);
    } finally {
      this.writers -= 1;
    }
  }
}

interface Measured {
  readonly seconds: number;
  readonly mostWriters: number;
  readonly writes: number;
  readonly errors: number;
}

/** Fifty devices of 250 ms per call, and one, two and four workers on one Redis: the first sync, then pods that change. */
export async function* benchWorkers(): AsyncGenerator<Row> {
  let one: number | undefined;
  for (const workers of [1, 2, 4]) {
    const redis = await startRedis();
    if (redis === undefined) return;
    const { seconds, mostWriters, writes, errors } = await measure(redis.url, workers, points);
    await redis.stop();
    const what = `workers: ${workers} over ${points} points`;
    yield reference(`${what}, time to sync all`, seconds, 's');
    if (one !== undefined) yield row(`${what}, time over that of one`, seconds / one, 'ratio', 1.25 / workers);
    yield row(`${what}, most writers at one point`, mostWriters, 'writers', 1);
    yield row(`${what}, writes to a point for ${updates} pod changes there`, writes / points, 'calls', updates);
    yield row(`${what}, errors`, errors, 'errors', 0);
    one ??= seconds;
  }
  yield* scaling();
}

/** Workers in processes of their own, as they are run: in one process, what they compute follows one another, and counts. */
async function* scaling(): AsyncGenerator<Row> {
  const took: number[] = [];
  for (const workers of [1, 4]) {
    const redis = await startRedis();
    if (redis === undefined) return;
    const seconds = await firstSync(redis.url, workers);
    await redis.stop();
    yield reference(
      `workers: ${workers} in processes of their own over ${evenPoints} points, time to sync all`,
      seconds,
      's',
    );
    took.push(seconds);
  }
  const [one = NaN, four = NaN] = took;
  yield row(`workers: 4 over ${evenPoints} points, time over that of one`, four / one, 'ratio', 1 / 3.6);
}

async function firstSync(redisUrl: string, count: number): Promise<number> {
  const stop = new AbortController();
  const onError = (subject: string, error: unknown): void =>
    void process.stderr.write(`${subject}: ${String(error)}\n`);
  const options: PointsWorkerOptions = { redisUrl, latencyMs: scaled.latencyMs, concurrency };
  const workers = await Promise.all(
    Array.from({ length: count }, () => Process.start('points-worker', { ...options })),
  );
  for (const worker of workers) await worker.hear();
  const shared = openRedis({ config: parseRedisUrl(redisUrl), fence: () => 1, onError });
  const side = startControllerLoop({ ...shared, clock: systemClock, onError, recheckEveryMs: 300_000 }, stop.signal);
  await reachable(shared);
  const programmed = new Set<string>();
  const started = performance.now();
  await side.apply(cluster(evenPoints, scaled.policies), true);
  const listens = async (worker: Process): Promise<void> => {
    while (programmed.size < evenPoints) programmed.add(await worker.hear());
  };
  // Who has nothing more to tell says nothing; the others end it.
  await Promise.race(workers.map(listens));
  const seconds = (performance.now() - started) / 1e3;
  stop.abort();
  await side.idle();
  for (const worker of workers) await worker.stop();
  await shared.queue.close();
  shared.disconnect();
  return seconds;
}

async function measure(redisUrl: string, count: number, points: number): Promise<Measured> {
  const stop = new AbortController();
  let errors = 0;
  const onError = (subject: string, error: unknown): void => {
    errors += 1;
    process.stderr.write(`${subject}: ${String(error)}\n`);
  };
  const devices = new Map(Array.from({ length: points }, (_, i) => [`edge-${i}`, slowDevice()] as const));
  const programmed = new Set<string>();
  const workers = Array.from({ length: count }, () => startBenchWorker({ redisUrl, devices, programmed, onError }));
  const shared = openRedis({ config: parseRedisUrl(redisUrl), fence: () => 1, onError });
  const side = startControllerLoop({ ...shared, clock: systemClock, onError, recheckEveryMs: 300_000 }, stop.signal);
  await reachable(shared);
  const started = performance.now();
  await side.apply(cluster(points), true);
  while (programmed.size < points) await wait(5);
  const seconds = (performance.now() - started) / 1e3;
  const before = writesOf(devices);
  for (let i = 0; i < updates; i += 1) {
    await side.apply([podEverywhere(i)], true);
    await wait(25);
  }
  await shared.queue.idle();
  const writes = writesOf(devices) - before;
  stop.abort();
  await side.idle();
  await Promise.all(workers.map((close) => close()));
  await shared.queue.close();
  shared.disconnect();
  const mostWriters = Math.max(...[...devices.values()].map((device) => device.mostWriters));
  return { seconds, mostWriters, writes, errors };
}

/** A connection is refused, not waited for, until it stands. */
async function reachable({ store }: SharedState): Promise<void> {
  const answers = (): Promise<boolean> =>
    store.take('nobody').then(
      () => true,
      () => false,
    );
  while (!(await answers())) await wait(10);
}

interface WorkerSetting {
  readonly redisUrl: string;
  readonly devices: ReadonlyMap<string, WatchedDevice>;
  /** Points that have been brought to their desired state. */
  readonly programmed: Set<string>;
  readonly onError: (subject: string, error: unknown) => void;
}

/** A worker as in a process of its own: connections, sessions and leases are not shared with the others. */
function startBenchWorker({ redisUrl, devices, programmed, onError }: WorkerSetting): () => Promise<void> {
  const shared = openRedis({ config: parseRedisUrl(redisUrl), fence: () => 0, onError });
  const side = startWorker({
    ...shared,
    adapters: () => Promise.resolve(adapterTo(devices)),
    secrets: (name) => Promise.resolve({ device: name }),
    owner: { cluster: 'bench' },
    clock: systemClock,
    random: Math.random,
    readBackAfterMs: 2_000,
    concurrency,
    onError,
    report: (report) => {
      if (report.path === 'full' && report.result.state === 'programmed') programmed.add(report.point);
      else if (report.path === 'none') onError(report.point, report.error);
    },
  });
  return async () => {
    await side.close();
    shared.disconnect();
  };
}

/** The memory adapter, with one device for each secret. */
function adapterTo(devices: ReadonlyMap<string, WatchedDevice>): Adapter {
  const adapter = createMemoryAdapter();
  return {
    ...adapter,
    config: memoryConfigSchema,
    connect: (config, deps) => {
      const device = devices.get(deps.secret['device'] ?? '');
      if (device === undefined) throw new Error('a point without a device');
      return createMemoryAdapter(() => device).connect(memoryConfigSchema.parse(config), deps);
    },
  };
}

function slowDevice(): WatchedDevice {
  const device = new WatchedDevice();
  device.fault({ kind: 'latency', latencyMs, times: Infinity });
  return device;
}

function cluster(points: number, policies = 100): ObjectChange[] {
  return clusterOf({ pods: 500, namespaces, policies, points }).map((change) => {
    if (change.kind !== 'EnforcementPoint' || change.object === undefined) return change;
    const { namespaceSelector: _, ...spec } = change.object.spec;
    return { ...change, object: { ...change.object, spec: { ...spec, secretRef: { name: change.key } } } };
  });
}

/** A pod that every point has in a group. */
function podEverywhere(i: number): ObjectChange {
  const pod = podOf(100_000 + i, namespaces);
  return { kind: 'Pod', key: `${pod.namespace}/${pod.name}`, object: pod };
}

function writesOf(devices: ReadonlyMap<string, WatchedDevice>): number {
  return [...devices.values()].reduce((sum, device) => sum + device.writes, 0);
}
