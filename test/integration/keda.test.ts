import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { deployFolder } from '../deploy/kustomize.ts';
import { QueuedFirewall } from '../kit/queued-firewall.ts';
import { describeWith, until } from '../kit/redis-server.ts';
import { buildPostern, Postern } from '../live/postern.ts';

/** What the redis scaler of KEDA 2.21 runs for a trigger of type `redis` (pkg/scalers/redis_scaler.go). */
const scaler = `
  local listName = KEYS[1]
  local listType = redis.call('type', listName).ok
  local cmd = { zset = 'zcard', set = 'scard', list = 'llen', hash = 'hlen', none = 'llen' }
  return redis.call(cmd[listType], listName)
`;
const scaledJob = z.looseObject({
  spec: z.looseObject({
    scalingStrategy: z.strictObject({ multipleScalersCalculation: z.literal('sum') }),
    triggers: z.array(z.looseObject({ metadata: z.looseObject({ listName: z.string(), listLength: z.literal('1') }) })),
  }),
});
const [manifest] = parseAllDocuments(readFileSync(join(deployFolder, 'keda/worker.yaml'), 'utf8'));
const { triggers } = scaledJob.parse(manifest?.toJS()).spec;

describeWith(['redis-server'], 'What KEDA reads of the queue', () => {
  let rig: QueuedFirewall;
  let admin: Redis;
  let entry = '';
  const workers: Postern[] = [];
  /** So many jobs KEDA wants, before it takes off those that run. */
  const wanted = async (): Promise<number> => {
    const lengths = await Promise.all(triggers.map(({ metadata }) => admin.eval(scaler, 1, metadata.listName)));
    return lengths.map(Number).reduce((sum, length) => sum + length, 0);
  };
  const drain = (): Postern => {
    const worker = new Postern(entry, ['worker', '--drain'], rig.environment);
    workers.push(worker);
    return worker;
  };

  beforeEach(async () => {
    rig = await QueuedFirewall.start();
    admin = rig.redis.admin();
    entry = buildPostern(rig.folder);
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.kill();
    await rig.stop();
  });

  it('asks for a job again when a worker was killed in the middle, and for none when all is done', async () => {
    const address = await rig.addPod();
    expect(await wanted()).toBe(1);
    rig.firewall.fault({ kind: 'latency', latencyMs: 5_000, times: 1_000 });
    const killed = drain();
    await until('it is at work', () => rig.firewall.requests().length > 0 || !killed.alive, 20_000);
    await killed.kill();
    await rig.addPod(); // goes to what the dead worker has
    expect(await wanted()).toBeGreaterThan(0);
    rig.firewall.clearFaults();
    const next = drain();
    await until('it has ended', () => !next.alive, 60_000);
    expect(rig.permits(address)).toBe(true);
    expect(await wanted()).toBe(0);
  });

  it('asks for none while a device is left alone, and for one when it is to be tried again', async () => {
    rig.allow('wrong');
    await rig.addPod();
    const refused = drain();
    await until('it has given up', () => !refused.alive, 40_000);
    for (let look = 0; look < 30; look += 1) {
      expect(await wanted()).toBe(0);
      await wait(100);
    }
    await rig.later(10_000);
    expect(await wanted()).toBe(0);
    await until('it is due', async () => (await wanted()) === 1);
  });
});
