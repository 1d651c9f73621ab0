import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemoryAdapter } from '../../adapters/memory/adapter.ts';
import type { DeviceRequest } from '../../adapters/memory/device.ts';
import { MemorySimulator, type DeviceAnswer } from '../../adapters/memory/simulator.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { openRedis, type SharedState } from '../../src/compose/redis.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { startWorker, type RunningWorker } from '../../src/worker/start-worker.ts';
import { aPublication } from '../kit/desired-store-contract.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

/** A device whose answers to writes of one worker wait until they are let go. */
class Line extends MemorySimulator {
  readonly #device: MemorySimulator;
  #holds: Promise<void> | undefined;
  /** Writes that wait for their answer. */
  waiting = 0;

  constructor(device: MemorySimulator) {
    super();
    this.#device = device;
  }

  /** From now on. @returns lets go */
  hold(): () => void {
    let letGo: () => void = () => undefined;
    this.#holds = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  override async request(request: DeviceRequest): Promise<DeviceAnswer> {
    if (request.method === 'GET') return this.#device.request(request);
    if (this.#holds !== undefined) this.waiting += 1;
    await this.#holds;
    return this.#device.request(request);
  }
}

describeWith(['redis-server'], 'A worker that lives on after another one was given its lease', () => {
  const keys = redisKeys().point('edge');
  const farAway = 3_600_000;
  let server: RedisServer;
  let device: MemorySimulator;
  let shared: SharedState;
  const ends: (() => unknown)[] = [];

  const opened = async (fence: number): Promise<SharedState> => {
    const state = openRedis({ config: server.config, fence: () => fence, onError: () => undefined });
    ends.push(() => state.disconnect());
    await state.tried;
    return state;
  };
  const aWorker = async (line: Line): Promise<RunningWorker> => {
    const side = startWorker({
      ...(await opened(0)),
      adapters: () => Promise.resolve(createMemoryAdapter(() => line)),
      secrets: () => Promise.resolve(undefined),
      owner: { cluster: 'blue' },
      clock: systemClock,
      random: () => 0.5,
      readBackAfterMs: farAway,
      concurrency: 1,
      report: () => undefined,
      onError: () => undefined,
    });
    ends.push(() => side.close());
    return side;
  };
  const publish = async (members: readonly string[]): Promise<number> => {
    const version = await shared.store.publish(aPublication(members));
    await shared.queue.enqueue('edge');
    return version;
  };
  const outcomeAt = async (version: number): Promise<void> =>
    until(`an outcome of ${version}`, async () => (await shared.outcomes.last('edge'))?.version === version, 10_000);
  /** Lease and job are lost, as those of a worker that stands still for long. */
  const takeAway = async (): Promise<void> => {
    const admin = server.admin();
    await admin.del(keys.lease, ...(await admin.keys(`${redisKeys().queue}:sync*`)));
  };
  const readBackAt = (): Promise<string | null> => server.admin().hget(keys.state, 'readBackAt');

  beforeEach(async () => {
    server = await startRedis();
    ends.push(() => server.stop());
    device = new MemorySimulator();
    shared = await opened(1);
    ends.push(() => shared.queue.close());
  });
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  it('leaves to the other one what is told of the point, and when it is read once more', async () => {
    const [late, young] = [new Line(device), new Line(device)];
    const side = await aWorker(late);
    await outcomeAt(await publish(['10.0.0.1']));
    const letGo = late.hold();
    const version = await publish(['10.0.0.1', '10.0.0.2']);
    await until('a call is under way', () => late.waiting > 0);

    await takeAway();
    await aWorker(young);
    await shared.queue.enqueue('edge', { urgent: true });
    await outcomeAt(version);
    const dueAt = await readBackAt();
    const told = await shared.outcomes.last('edge');
    const reading = await server.admin().hgetall(keys.reading);
    // The other one has found the call open, and will look whether the device carries it out later.
    expect(Number(dueAt)).toBeGreaterThan(Date.now());

    const requests = device.requests().length;
    letGo();
    await side.close();
    // It has written and read the device.
    expect(device.requests().length).toBeGreaterThan(requests + 1);
    expect(await readBackAt()).toBe(dueAt);
    expect(await shared.outcomes.last('edge')).toEqual(told);
    expect(await server.admin().hgetall(keys.reading)).toEqual(reading);
  });
});
