import { describe, expect, it } from 'vitest';
import { nothingDesired } from '../../src/core/model/desired.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import type { Fenced } from '../../src/redis/fencing.ts';
import { aPublication } from '../kit/desired-store-contract.ts';
import { anOutcome, describeOutcomeStore } from '../kit/outcome-store-contract.ts';
import { aReading, describeReadingStore } from '../kit/reading-store-contract.ts';
import { describeWith, until } from '../kit/redis-server.ts';
import { RedisStores } from '../kit/redis-stores.ts';

describeWith(['redis-server'], 'Outcomes, readings, and late workers in Redis', () => {
  const redis = new RedisStores();
  const end = (): Promise<void> => Promise.resolve();

  describe('RedisOutcomeStore, like every store', () => {
    describeOutcomeStore(() => Promise.resolve({ store: redis.outcomes(), end }));
  });

  describeReadingStore('in Redis', () => Promise.resolve(redis.readings()));

  describe('RedisReadingStore', () => {
    it('has nothing, and says so, where what is there is not what was written', async () => {
      const store = redis.readings();
      await store.keep(aReading());
      await redis.rig.client.hset(redis.keysOf().reading, 'content', '{}');
      expect(await store.last('edge')).toBeUndefined();
      expect(redis.errors).toEqual([expect.stringContaining('edge: The reading in ')]);
    });

    it('keeps nothing more of a point that is withdrawn, whoever still works on it', async () => {
      await redis.aStore().publish(aPublication(['10.0.0.1']));
      await redis.aStore().withdraw('edge');
      await redis.readings().keep(aReading());
      await redis.readings().keepInForce('edge', nothingDesired('edge'));
      const { reading, inForce } = redis.keysOf();
      expect(await redis.rig.client.exists(reading, inForce)).toBe(0);
      await redis.aStore().publish(aPublication(['10.0.0.1']));
      await redis.readings().keepInForce('edge', nothingDesired('edge'));
      expect(await redis.readings().inForce('edge')).toEqual(nothingDesired('edge'));
    });

    it('writes the content anew where Redis has lost it', async () => {
      const store = redis.readings();
      await store.keep(aReading());
      await redis.rig.client.flushall();
      await store.keep(aReading({ version: 2 }));
      expect(await redis.readings().last('edge')).toEqual(aReading({ version: 2 }));
    });
  });

  describe('of a worker that lives on after another one was given its lease', () => {
    const pending = { operations: [], refused: [], seen: 0, membersOnly: false };
    /** The stores of two workers, of which the second was given the lease after the first. */
    const stores = async <Store>(store: Fenced<Store>): Promise<readonly [late: Store, young: Store]> => {
      const tokens: number[] = [];
      for (let count = 0; count < 2; count += 1) {
        const lease = await new RedisPointLeases(redis.rig.client, redis.rig.keys).acquire('edge');
        tokens.push(lease!.token);
        await lease!.release();
      }
      return [store.under(tokens[0]!), store.under(tokens[1]!)];
    };

    it('is taken neither what the device has nor what it is at work on, and that it is to be read is', async () => {
      const [late, young] = await stores(redis.aStore());
      await redis.aStore().publish(aPublication(['10.0.0.1']));
      const { version } = (await young.take('edge'))!;
      await late.acknowledge('edge', version);
      expect(await young.take('edge')).toMatchObject({ acknowledged: 0 });
      await young.acknowledge('edge', version, performance.now() + 3_600_000);
      await late.acknowledge('edge', version);
      await late.keepPending('edge', pending);
      const work = await young.take('edge');
      expect([(work?.readBackDueAt ?? 0) > performance.now(), work?.pending]).toEqual([true, undefined]);
      await young.keepPending('edge', pending);
      await late.keepPending('edge', undefined);
      expect(await young.take('edge')).toMatchObject({ pending });
      await young.keepPending('edge', undefined);
      await late.distrust('edge');
      expect((await young.take('edge'))?.deltas).toBeUndefined();
    });

    it('is taken no outcome, of whatever version, once the other one has told one', async () => {
      const [late, young] = await stores(redis.outcomes());
      await late.record(anOutcome());
      await young.record(anOutcome({ state: 'failed' }));
      await late.record(anOutcome({ version: 2 }));
      await late.record(anOutcome({ version: 0 }));
      expect(await young.last('edge')).toEqual(anOutcome({ state: 'failed' }));
      await young.record(anOutcome());
      expect(await young.last('edge')).toEqual(anOutcome());
    });

    it('is taken no reading, nor what was in force, nor that there is none', async () => {
      const [late, young] = await stores(redis.readings());
      const inForce = nothingDesired('edge');
      await late.keep(aReading());
      await late.keepInForce('edge', inForce);
      expect([await young.last('edge'), await young.inForce('edge')]).toEqual([undefined, undefined]);
      await young.keep(aReading());
      await young.keepInForce('edge', inForce);
      await late.keep(aReading({ resources: [] }));
      await late.forget('edge');
      await late.forgetInForce('edge');
      expect([await young.last('edge'), await young.inForce('edge')]).toEqual([aReading(), inForce]);
    });
  });

  describe('RedisOutcomeStore', () => {
    it('hears of an outcome when it is recorded, not when it looks the next time', async () => {
      const stop = new AbortController();
      const store = redis.outcomes({ lookEveryMs: 3_600_000 });
      const heard: number[] = [];
      await store.record(anOutcome());
      const following = store.follow(({ version }) => heard.push(version), stop.signal);
      const admin = redis.server.admin();
      const listens = async (): Promise<unknown> => (await admin.pubsub('NUMSUB', redis.rig.keys.outcomeBell))[1];
      await until('it listens', async () => heard.length === 1 && (await listens()) === 1);
      for (let version = 2; version <= 6; version += 1) {
        await store.record(anOutcome({ version }));
        await until('the next', () => heard.includes(version));
      }
      stop.abort();
      await following;
    });

    it('hears of what was recorded after everything was flushed, even if the numbers begin anew', async () => {
      const heard: number[] = [];
      const stop = new AbortController();
      const store = redis.outcomes();
      await store.record(anOutcome({ version: 5 }));
      const following = store.follow(({ version }) => heard.push(version), stop.signal);
      await until('the first', () => heard.length === 1);
      await redis.rig.client.flushall();
      await store.record(anOutcome({ version: 4 }));
      await until('the next', () => heard.length === 2);
      stop.abort();
      await following;
      expect(heard).toEqual([5, 4]);
    });

    it('takes what a newer worker tells, without what only that knows, and says so once', async () => {
      const store = redis.outcomes();
      const newer = {
        ...anOutcome(),
        rulesLater: 7,
        losses: [{ effect: 'narrowed', id: 'r', code: 'c', message: 'm', since: 1 }],
      };
      await redis.rig.client.hset(redis.rig.keys.outcomes, 'edge', JSON.stringify(newer));
      const losses = [{ effect: 'narrowed', id: 'r', code: 'c', message: 'm' }];
      expect(await store.last('edge')).toEqual({ ...anOutcome(), losses });
      await store.last('edge');
      expect(redis.errors).toEqual([
        'edge: A newer worker says more of edge than this version knows: rulesLater. That is left out.',
      ]);
      // What an older worker does not say is absent.
      const { rulesThere: _, ...older } = { ...anOutcome(), rulesThere: 1 };
      await redis.rig.client.hset(redis.rig.keys.outcomes, 'edge', JSON.stringify(older));
      expect(await store.last('edge')).toEqual(anOutcome());
    });

    it('names an outcome that cannot be read, and hands over the others', async () => {
      const heard: string[] = [];
      const stop = new AbortController();
      const store = redis.outcomes();
      await store.record(anOutcome());
      await store.record(anOutcome({ point: 'other' }));
      await redis.rig.client.hset(redis.rig.keys.outcomes, 'edge', '{"point":"edge"}');
      const following = store.follow(({ point }) => heard.push(point), stop.signal);
      await until('the other', () => heard.length === 1);
      stop.abort();
      await following;
      expect(heard).toEqual(['other']);
      expect(redis.errors).toEqual([
        expect.stringMatching(/^edge: The last outcome of edge cannot be read and is not used: version/),
      ]);
    });
  });
});
