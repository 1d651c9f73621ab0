import { describe, expect, it, vi } from 'vitest';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { nothingDesired } from '../../src/core/model/desired.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import { dropForeignValues } from '../../src/redis/foreign-values.ts';
import { RedisRateLimit } from '../../src/redis/rate-limit.ts';
import { RedisReadingStore } from '../../src/store/redis-reading-store.ts';
import { aBegun, aClosed } from '../kit/audit-records.ts';
import { aPublication } from '../kit/desired-store-contract.ts';
import { anOutcome } from '../kit/outcome-store-contract.ts';
import { describeWith, until } from '../kit/redis-server.ts';
import { RedisStores } from '../kit/redis-stores.ts';

describeWith(['redis-server'], 'What is not of Postern in Redis', () => {
  const redis = new RedisStores();

  it('drops what stands under its keys and is nothing of it, and nothing else', async () => {
    const store = redis.aStore();
    await store.publish(aPublication(['10.0.0.1']));
    expect(await store.compare()).toEqual({ lost: [], confirmed: [] });
    const { unreadable: _, ...ofPoint } = redis.keysOf();
    const { wanted, points, outcomes: last, outcomeNumbers, auditPoints, queue } = redis.rig.keys;
    const foreign = [...Object.values(ofPoint), wanted, points, last, outcomeNumbers, auditPoints];
    for (const key of foreign) {
      await redis.rig.client.del(key);
      await redis.rig.client.xadd(key, '*', 'a', 'b');
    }
    await redis.rig.client.set(redis.keysOf().token, 'banana');
    await redis.rig.client.set(`${queue}:sync:id`, '7');
    const later = redis.aStore();
    await later.publish(aPublication(['10.0.0.1'])).catch(() => 0);
    await later.compare();
    await later.publish(aPublication(['10.0.0.1']));
    const again = redis.aStore();
    await again.publish(aPublication(['10.0.0.1'], undefined, { rulesChanged: true }));
    await again.compare();
    const types = await Promise.all(foreign.map((key) => redis.rig.client.type(key)));
    expect(types).not.toContain('stream');
    expect(await redis.rig.client.get(redis.keysOf().token)).toBeNull();
    expect(await redis.rig.client.get(`${queue}:sync:id`)).toBe('7');
    expect(await again.points()).toEqual(['edge']);
    expect(redis.errors.join()).toMatch(/redis: \d+ keys of Postern in Redis held something else and were dropped/);
  });

  it.each(['a lease', 'a rate', 'a pause', 'the look for stalled jobs'])(
    'drops a text in place of %s that would count for ever',
    async (what) => {
      const { lease, rate, pause } = redis.keysOf();
      const check = `${redis.rig.keys.queue}:sync:stalled-check`;
      const key = { 'a lease': lease, 'a rate': rate, 'a pause': pause }[what] ?? check;
      await redis.rig.client.set(key, '9999999999999');
      expect(await dropForeignValues(redis.rig.client, redis.rig.keys, ['edge'])).toBe(1);
      expect(await redis.rig.client.exists(key)).toBe(0);
    },
  );

  it('drops nothing that is its own, whatever is at work', async () => {
    const store = redis.aStore();
    await store.publish(aPublication(['10.0.0.1']));
    await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }, { ended: ['10.0.0.9'] }));
    await redis.outcomes().record(anOutcome());
    const readings = new RedisReadingStore({ ...redis.rig, onError: redis.note });
    await readings.keep({ point: 'edge', version: 1, resources: [], losses: [] });
    await readings.keepInForce('edge', nothingDesired('edge'));
    const audit = new RedisAuditStore({ ...redis.rig, clock: systemClock });
    await audit.append('edge', [aBegun(), aBegun()]);
    await audit.append('edge', [aClosed(1, { result: 'found-not-done' })]);
    const limit = new RedisRateLimit(redis.rig.client, redis.rig.keys);
    await limit.take('edge', { perSecond: 1, burst: 1 });
    await limit.pause('edge', 60_000);
    const queue = redis.rig.queue();
    let dropped: number | undefined;
    queue.process(async () => {
      dropped ??= await dropForeignValues(redis.rig.client, redis.rig.keys, ['edge', 'later']);
    }, 1);
    await queue.enqueue('later', { delayMs: 60_000 });
    await queue.enqueue('edge');
    await until('it has looked, with a lease and a job under way', () => dropped !== undefined);
    expect(dropped).toBe(0);
    await queue.close();
    expect(await dropForeignValues(redis.rig.client, redis.rig.keys, ['edge', 'later'])).toBe(0);
    const { unreadable: _, lease: __, ...kept } = redis.keysOf();
    const types = await Promise.all(Object.values(kept).map((key) => redis.rig.client.type(key)));
    expect(types).not.toContain('none');
  });

  describe('what counts in a point', () => {
    it('begins anew where it is no number', async () => {
      const store = redis.aStore();
      const { state } = redis.keysOf();
      await store.publish(aPublication(['10.0.0.1']));
      await redis.rig.client.hset(state, { failingSince: 'banana', logBytes: 'banana' });
      expect(await store.failed('edge')).toBe(0);
      await vi.waitUntil(async () => (await store.failed('edge')) > 0);
      await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }));
      expect(Number(await redis.rig.client.hget(state, 'logBytes'))).toBeGreaterThan(0);
      expect(redis.errors).toEqual([]);
    });

    it.each(['99999999999999999', 'inf', 'nan'])('begins anew where it does not grow any more: %s', async (text) => {
      const { state, token } = redis.keysOf();
      await redis.aStore().publish(aPublication(['10.0.0.1']));
      await redis.rig.client.hset(state, { version: text, published: text, fence: text });
      await redis.rig.client.set(token, text);
      await redis.aStore().publish(aPublication(['10.0.0.2']));
      const leases = new RedisPointLeases(redis.rig.client, redis.rig.keys);
      const first = await leases.acquire('edge');
      await first?.release();
      const second = await leases.acquire('edge');
      await second?.release();
      expect(Number(await redis.rig.client.hget(state, 'version'))).toBeLessThan(Number.MAX_SAFE_INTEGER);
      expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    });
  });
});
