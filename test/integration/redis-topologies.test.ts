import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { redisConfigSchema, type RedisConfig } from '../../src/redis/config.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { RedisRateLimit } from '../../src/redis/rate-limit.ts';
import { RedisOutcomeStore } from '../../src/store/redis-outcome-store.ts';
import { RedisDesiredStore } from '../../src/store/redis-store.ts';
import { aPublication, stateOf } from '../kit/desired-store-contract.ts';
import { anOutcome } from '../kit/outcome-store-contract.ts';
import { describeRateLimit } from '../kit/rate-limit-contract.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import {
  describeWith,
  startCluster,
  startRedis,
  startSentinel,
  until,
  type RedisServer,
  type RedisTopology,
} from '../kit/redis-server.ts';

/** One round through everything that talks to Redis: publish, enqueue, take, acknowledge, report, follow. */
async function oneRound(rig: RedisRig, point: string, members: readonly string[]): Promise<void> {
  const onError = (_: string, error: unknown): void => void rig.errors.push((error as Error).message);
  const store = new RedisDesiredStore({ client: rig.client, keys: rig.keys, fence: () => 1, onError });
  const outcomes = new RedisOutcomeStore({ client: rig.client, patient: () => rig.patient(), keys: rig.keys, onError });
  const stop = new AbortController();
  const heard: string[] = [];
  const following = outcomes.follow((outcome) => heard.push(outcome.point), stop.signal);
  const queue = rig.queue();
  queue.process(async (name, turn) => {
    const work = await store.take(name);
    const whole = await work!.snapshot();
    expect(whole.desired).toEqual(stateOf(members));
    await turn.confirm();
    await store.under(turn.token).acknowledge(name, whole.version);
    await outcomes.under(turn.token).record(anOutcome({ point: name, version: whole.version }));
  }, 2);
  await store.publish(aPublication(members));
  await queue.enqueue(point, { urgent: true });
  await until('the outcome', () => heard.includes(point), 15_000);
  stop.abort();
  await following;
  await queue.close();
}

describeWith(['redis-server', 'openssl'], 'Redis in all its forms', () => {
  let rig: RedisRig | undefined;
  const stops: (() => Promise<void>)[] = [];
  const run = async (config: RedisConfig): Promise<RedisRig> => {
    rig = await aRedisRig(config, 'forms');
    await oneRound(rig, 'edge', ['10.0.0.1']);
    return rig;
  };
  afterEach(async () => {
    await rig?.end();
    rig = undefined;
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  describe('one server with a password', () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedis({ password: 'correct-horse' });
      stops.push(server.stop);
    });

    it('works with the password', async () => {
      expect((await run(server.config)).errors).toEqual([]);
    });

    it('says that a wrong one is refused, and does not say which', async () => {
      const errors: string[] = [];
      const config = redisConfigSchema.parse({ ...server.config, password: 'hunter2-wrong' });
      const client = connectRedis(config, 'prompt', (error) =>
        errors.push(JSON.stringify([error, error.message, error.stack])),
      );
      await until('the refusal', () => errors.length > 0);
      await expect(client.ping()).rejects.toThrow();
      client.disconnect();
      expect(errors.join()).toContain('WRONGPASS');
      expect(errors.join()).not.toContain('hunter2');
    });

    describe('has leases that', () => {
      it('go to one at a time, with growing tokens, and come back when given back', async () => {
        rig = await aRedisRig(server.config, 'leases');
        const leases = new RedisPointLeases(rig.client, rig.keys, 60_000);
        const first = await leases.acquire('edge');
        expect(await leases.acquire('edge')).toBeUndefined();
        await first!.confirm();
        await first!.release();
        const second = await leases.acquire('edge');
        expect(second!.token).toBeGreaterThan(first!.token);
        await rig.client.flushall();
        const third = await leases.acquire('edge');
        expect(third!.token).toBeGreaterThan(second!.token);
        await Promise.all([second!.release(), third!.release()]);
      });

      it('say whether another process has held them since', async () => {
        rig = await aRedisRig(server.config, 'turns');
        const [mine, others] = [1, 2].map(() => new RedisPointLeases(rig!.client, rig!.keys, 60_000));
        const turn = async (leases = mine): Promise<boolean> => {
          const lease = await leases!.acquire('edge');
          await lease!.release();
          return lease!.continues;
        };
        expect([await turn(), await turn(), await turn(others), await turn(), await turn()]).toEqual([
          ...[false, true, false, false, true],
        ]);
        await rig.client.flushall();
        expect(await turn()).toBe(false);
      });

      it('come back to whoever had them, when a failover brings back what was given back', async () => {
        rig = await aRedisRig(server.config, 'back');
        const [mine, others] = [1, 2].map(() => new RedisPointLeases(rig!.client, rig!.keys, 60_000));
        const key = rig.keys.point('edge').lease;
        const lease = await mine!.acquire('edge');
        const value = (await rig.client.get(key)) ?? '';
        expect(await others!.acquire('edge')).toBeUndefined();
        await mine!.reclaim();
        await lease!.confirm();
        expect(await rig.client.get(key)).toBe(value);
        await lease!.release();
        await rig.client.set(key, value, 'PX', 60_000);
        expect(await others!.acquire('edge')).toBeUndefined();
        await mine!.reclaim();
        const next = await others!.acquire('edge');
        await next!.release();
        await rig.client.set(key, value, 'PX', 60_000);
        const again = await mine!.acquire('edge');
        expect(again).toBeDefined();
        await again!.release();
      });

      it('live as long as they are held, and tell their holder when they are lost', async () => {
        rig = await aRedisRig(server.config, 'renewed');
        const { client, keys } = rig;
        const leases = new RedisPointLeases(client, keys, 20_000);
        const lease = await leases.acquire('edge');
        const key = keys.point('edge').lease;
        await client.pexpire(key, 15_000);
        await until('it lives on', async () => (await client.pttl(key)) > 15_000);
        expect(await leases.acquire('edge')).toBeUndefined();
        await client.del(key);
        await until('the loss', () => lease!.signal.aborted);
        await expect(lease!.confirm()).rejects.toThrow(/lease of edge was lost/);
        await lease!.release();
      });

      it('end for a holder that was stopped for longer than they last, before it writes again', async () => {
        rig = await aRedisRig(server.config, 'stopped');
        const leases = new RedisPointLeases(rig.client, rig.keys, 300);
        const lease = await leases.acquire('edge');
        const awake = performance.now() + 400;
        while (performance.now() < awake);
        await expect(lease!.confirm()).rejects.toThrow(/lease of edge was lost/);
        await lease!.release();
      });
    });

    describe('has a rate limit that', () => {
      let limits: RedisRig;
      beforeAll(async () => {
        limits = await aRedisRig(server.config, 'rates');
      });
      afterAll(() => limits.end());
      afterEach(() => limits.client.flushall());
      describeRateLimit(() => new RedisRateLimit(limits.client, limits.keys));
    });
  });

  it('works over TLS, and refuses a server that it cannot verify', async () => {
    const server = await startRedis({ tls: true });
    stops.push(server.stop);
    expect((await run(server.config)).errors).toEqual([]);
    const errors: string[] = [];
    const stranger = connectRedis({ ...server.config, tls: {} }, 'prompt', ({ message }) => errors.push(message));
    await until('the refusal', () => errors.length > 0);
    stranger.disconnect();
    expect(errors[0]).toMatch(/certificate|verify/);
  });

  it('works on a Cluster of three, with every point in its own place', async () => {
    const cluster: RedisTopology = await startCluster();
    stops.push(cluster.stop);
    const { errors } = await run(cluster.config);
    expect(errors).toEqual([]);
  });

  it('follows a Sentinel to the new primary, without a restart of anything', async () => {
    const sentinel = await startSentinel('correct-horse');
    stops.push(sentinel.stop);
    const { queue } = await run(sentinel.config);
    const handled: string[] = [];
    const shared = queue();
    shared.process((point) => Promise.resolve(void handled.push(point)), 2);
    await shared.enqueue('before');
    await until('work before', () => handled.includes('before'));
    await sentinel.servers[0]!.kill();
    // Not after the time that a command waits for an answer.
    await expect(shared.enqueue('meanwhile')).rejects.toThrow(/^Redis: (?!Command timed out)/);
    await until(
      'it accepts again',
      () =>
        shared.enqueue('after').then(
          () => true,
          () => false,
        ),
      20_000,
    );
    await until('work after', () => handled.includes('after'), 20_000);
  });
});
