import { describe, expect, it } from 'vitest';
import { nothingDesired } from '../../src/core/model/desired.ts';
import { aPublication } from '../kit/desired-store-contract.ts';
import { anOutcome, describeOutcomeStore } from '../kit/outcome-store-contract.ts';
import { aReading, describeReadingStore } from '../kit/reading-store-contract.ts';
import { describeWith, until } from '../kit/redis-server.ts';
import { RedisStores } from '../kit/redis-stores.ts';

describeWith(['redis-server'], 'Outcomes and readings in Redis', () => {
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
