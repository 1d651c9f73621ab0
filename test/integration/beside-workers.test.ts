import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aFolder } from '../kit/folders.ts';
import { asYaml } from '../kit/objects.ts';
import { ioOf, runPostern, type Ran } from '../../src/cli/testing/run-postern.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { compileIntent, readIntent } from '../../src/inspect/intent.ts';
import { redisKeys } from '../../src/redis/keys.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { RedisReadingStore } from '../../src/store/redis-reading-store.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, type RedisServer } from '../kit/redis-server.ts';
import { clusterObjects, fortigateRig, type RulebaseRig } from '../kit/rulebases.ts';

/* Commands that look at a device, or write to it, beside workers that share a Redis. */

const keys = redisKeys();
const [inWindow, outside] = ['2026-03-04T22:30:00Z', '2026-03-04T23:30:00Z'];
const office = {
  from: ['10.7.0.0/24'],
  to: '203.0.113.0/24',
  service: 'tcp-443',
  odd: 'none',
  action: 'accept',
} as const;

describeWith(['redis-server'], 'A command beside workers at a Redis', () => {
  let server: RedisServer;
  let redis: RedisRig;
  let rig: RulebaseRig;
  const folder = aFolder();
  beforeAll(async () => {
    server = await startRedis();
    redis = await aRedisRig(server.config, 'rig');
    rig = await fortigateRig();
  });
  afterAll(async () => {
    await redis.end();
    await server.stop();
    await rig.device.close();
  });
  beforeEach(async () => {
    await redis.client.flushall();
    rig.device.reset();
  });

  const leases = (): RedisPointLeases => new RedisPointLeases(redis.client, keys, 60_000);
  const writes = (): number => rig.device.requests().filter(({ wrote }) => wrote).length;
  const write = (objects: readonly object[]): Promise<void> => writeFile(join(folder, 'all.yaml'), asYaml(objects));

  /** @param at what the clock says */
  function run(
    argv: readonly string[],
    { url = `redis://127.0.0.1:${server.node.port}`, at = outside } = {},
  ): Promise<Ran> {
    const environment = { cluster: 'east', auditDir: join(folder, 'audit'), redis: url === '' ? {} : { url } };
    const clock = { ...systemClock, now: () => Date.parse(at), sleep: (ms: number) => setTimeout(Math.min(ms, 5)) };
    return runPostern(argv, { environment, clock });
  }

  describe('postern plan --live, while a change window is closed', () => {
    const changeWindows = [{ days: ['Wed'], from: '22:00', to: '23:00', timeZone: 'UTC' }];
    const [kept, gone, granted] = ['203.0.113.0/24', '198.51.100.0/24', '192.0.2.0/24'];
    const policyTo = (...networks: readonly string[]): object => {
      const to = [{ networks, ports: [{ port: 443 }] }];
      const metadata = { name: 'web', namespace: 'a' };
      return {
        apiVersion: 'postern.dev/v1alpha1',
        kind: 'EgressPolicy',
        metadata,
        spec: { subject: { allPods: true }, to },
      };
    };
    const around = (): readonly object[] =>
      clusterObjects(rig, 'Enforce').map((object) =>
        'spec' in object && 'kind' in object && object.kind === 'EnforcementPoint'
          ? { ...object, spec: { ...(object.spec as object), changeWindows } }
          : object,
      );
    const plan = (...more: readonly string[]) => ['plan', '--live', '-f', folder, ...more];

    /** What leads to two networks is on the device, and is to lead to one of them and another one. */
    async function changed(): Promise<void> {
      await write([...around(), policyTo(kept, gone)]);
      expect(await run(['run', '--manifests', folder, '--once'], { at: inWindow, url: '' })).toMatchObject({ code: 0 });
      const { snapshot } = await readIntent(
        { filename: [folder], cluster: 'east' },
        ioOf(() => undefined),
      );
      const was = compileIntent(snapshot, Date.parse(inWindow)).desired('edge');
      const onError = (_: string, error: unknown): never => {
        throw error;
      };
      await new RedisReadingStore({ client: redis.client, keys, onError }).keepInForce('edge', was);
      await write([...around(), policyTo(kept, granted)]);
    }

    it('says what the workers would take back at once, and what they let wait', async () => {
      await changed();
      const { code, out, err } = await run(plan());
      expect([code, err]).toEqual([2, expect.not.stringContaining('in force last')]);
      expect(out).toMatch(
        /held: 1 change waits for a change window .*: EgressPolicy\/a\/web spec\.to\[0\]: 192\.0\.2\.0\/24 /,
      );
      const atOnce = out.slice(out.indexOf('at once:'));
      expect(atOnce).toContain('198.51.100.0');
      expect(atOnce).not.toContain('192.0.2.0');
    });

    it.each([
      ['no Redis is named', '', /--redis was not given/],
      ['Redis does not answer', 'redis://127.0.0.1:1', /cannot be read from Redis: .*Redis: /],
    ])('says that it does not know what was in force where %s', async (_, url, words) => {
      await changed();
      const { code, out } = await run(plan('-o', 'json'), { url });
      const { problems, points } = JSON.parse(out) as {
        problems: { code: string; message: string }[];
        points: object[];
      };
      expect(code).toBe(2);
      expect(problems.find((one) => one.code === 'in-force-not-known')?.message).toMatch(words);
      expect(points[0]).toMatchObject({ guard: [{ guard: 'change-window' }] });
    });
  });

  describe('postern adopt --take --yes', () => {
    const take = ['adopt', '--point', 'edge', '--take', '--yes'];

    /** A rule of others, and a policy of ours that makes it needless. */
    async function adopted(): Promise<void> {
      rig.write([office]);
      const objects = clusterObjects({ ...rig, config: { ...rig.config, anchor: 'top' } }, 'Enforce', ['10.7.0.0/16']);
      await write(objects);
      const { out } = await run(['adopt', '--point', 'edge', '-f', folder, '-o', 'json']);
      const { objects: policies } = JSON.parse(out) as { objects: readonly object[] };
      await write([...objects, ...policies]);
      await run(['run', '--manifests', folder, '--once'], { url: '' });
    }

    it('takes the point for each rule, and gives it back', async () => {
      await adopted();
      const before = writes();
      const { code, out, err } = await run([...take, '-f', folder]);
      expect([code, err, out]).toEqual([0, '', expect.stringContaining('1 rule switched off')]);
      expect(writes()).toBeGreaterThan(before);
      const { token, lease } = keys.point('edge');
      expect([await redis.client.exists(token), await redis.client.exists(lease)]).toEqual([1, 0]);
    });

    it('writes nothing while a worker is at work there, and says so', async () => {
      await adopted();
      const lease = await leases().acquire('edge');
      const before = writes();
      const { code, out } = await run([...take, '-f', folder]);
      await lease?.release();
      expect([code, out]).toEqual([
        1,
        expect.stringMatching(/A worker has been at work on the device of edge .*run this again/),
      ]);
      expect(writes()).toBe(before);
    });

    it('writes nothing where Redis does not say, and where none is named says what it relies on', async () => {
      await adopted();
      const before = writes();
      const unknown = await run([...take, '-f', folder], { url: 'redis://127.0.0.1:1' });
      expect([unknown.code, unknown.out]).toEqual([
        1,
        expect.stringContaining('Whether a worker writes there is not known'),
      ]);
      expect(writes()).toBe(before);
      const { code, err } = await run([...take, '-f', folder], { url: '' });
      expect([code, err]).toEqual([0, expect.stringContaining('without --redis, a worker could write')]);
    });
  });

  it('postern withdraw --yes writes nothing while a worker is at work there', async () => {
    rig.write([office]);
    const objects = clusterObjects(rig, 'Enforce');
    await write(objects);
    await run(['run', '--manifests', folder, '--once'], { url: '' });
    const lease = await leases().acquire('edge');
    const before = writes();
    const { code, err } = await run(['withdraw', '--point', 'edge', '-f', folder, '--yes']);
    expect([code, err]).toEqual([1, expect.stringContaining('A worker has been at work on the device of edge')]);
    expect(writes()).toBe(before);
    await lease?.release();
    expect(await run(['withdraw', '--point', 'edge', '-f', folder, '--yes'])).toMatchObject({ code: 0, err: '' });
  });
});
