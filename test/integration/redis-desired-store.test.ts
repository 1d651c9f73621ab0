import { describe, expect, it } from 'vitest';
import { type GroupDelta } from '../../src/core/model/desired.ts';
import type { DesiredStore } from '../../src/store/desired-store.ts';
import { aPoint } from '../kit/builders.ts';
import { aPublication, deltaOf, describeDesiredStore, stateOf } from '../kit/desired-store-contract.ts';
import { describeWith } from '../kit/redis-server.ts';
import { RedisStores } from '../kit/redis-stores.ts';

describeWith(['redis-server'], 'Desired states in Redis', () => {
  const redis = new RedisStores();
  const end = (): Promise<void> => Promise.resolve();

  describe('RedisDesiredStore, like every store', () => {
    describeDesiredStore(() => Promise.resolve({ store: redis.aStore(), end }));
  });

  describe('RedisDesiredStore', () => {
    it('shows one process what another has published', async () => {
      await redis.aStore().publish(aPublication(['10.0.0.1']));
      const work = await redis.aStore().take('edge');
      expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.1']));
    });

    it('writes and reads no document on the fast path', async () => {
      const store = redis.aStore();
      await store.publish(aPublication([]));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      const document = await redis.rig.client.getBuffer(redis.keysOf().document);
      await redis.rig.client.set(redis.keysOf().document, 'not to be looked at');
      const members = ['10.0.0.1'];
      const publication = { ...aPublication(members, { added: members }), desired: () => expect.fail('not needed') };
      await store.publish(publication);
      expect((await store.take('edge'))?.deltas).toEqual([deltaOf({ added: members })]);
      expect(await redis.rig.client.get(redis.keysOf().document)).toBe('not to be looked at');
      expect(document).not.toBeNull();
      expect(redis.errors).toEqual([]);
    });

    it('keeps large documents compressed, and gives them back as they were', async () => {
      const members = Array.from(
        { length: 20_000 },
        (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      ).sort();
      await redis.aStore().publish(aPublication(members));
      expect(await redis.rig.client.strlen(redis.keysOf().document)).toBeLessThan(100_000);
      expect((await (await redis.aStore().take('edge'))!.snapshot()).desired).toEqual(stateOf(members));
    });

    it('refuses a document that is too large, and says what to do', async () => {
      await expect(redis.aStore(1, { documentBytes: 100 }).publish(aPublication(['10.0.0.1']))).rejects.toThrow(
        /desired state of edge takes \d+ bytes, and at most 100 are stored. Split the EnforcementPoint/,
      );
    });

    it('starts the log anew when no worker fetches it, and has the worker look at the whole', async () => {
      const store = redis.aStore(1, { logEntries: 10 });
      await store.publish(aPublication([]));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      const members: string[] = [];
      for (let index = 1; index <= 25; index += 1) {
        members.push(`10.0.1.${index}`);
        await store.publish(aPublication([...members].sort(), { added: [`10.0.1.${index}`] }));
      }
      expect(await redis.rig.client.zcard(redis.keysOf().log)).toBeLessThanOrEqual(11);
      const work = await store.take('edge');
      expect(work?.deltas).toBeUndefined();
      expect((await work!.snapshot()).desired).toEqual(stateOf([...members].sort()));
    });

    it('starts the log anew when it is long, and deltas go on when a worker keeps up', async () => {
      const store = redis.aStore(1, { logEntries: 10 });
      await store.publish(aPublication([]));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      for (let index = 1; index <= 30; index += 1) {
        const members = [`10.0.1.${index}`];
        await store.publish(aPublication(members, { added: members }));
        const work = await store.take('edge');
        expect(work?.deltas).toEqual([deltaOf({ added: members })]);
        await store.acknowledge('edge', work!.version);
      }
      expect(await redis.rig.client.zcard(redis.keysOf().log)).toBeLessThanOrEqual(11);
    });

    it('refuses an old leader, whatever it does, and goes on with the new one', async () => {
      const [old, young] = [redis.aStore(1), redis.aStore(2)];
      await old.publish(aPublication(['10.0.0.1']));
      await young.publish(aPublication(['10.0.0.2'], { added: ['10.0.0.2'] }));
      const stale = /a newer leader publishes edge/;
      await expect(old.publish(aPublication(['10.0.0.1']))).rejects.toThrow(stale);
      await expect(old.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }))).rejects.toThrow(stale);
      await old.withdraw('edge');
      expect((await old.compare()).lost).toEqual([]);
      const work = await young.take('edge');
      expect(work?.deltas).toBeUndefined();
      expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.2']));
      await young.withdraw('edge');
      await expect(old.publish(aPublication(['10.0.0.1']))).rejects.toThrow(stale);
      expect(await young.take('edge')).toBeUndefined();
    });

    it.each([
      ['everything was flushed', (keys: string[]) => redis.rig.client.del(...keys)],
      ['the document is gone', (keys: string[]) => redis.rig.client.del(keys[1]!)],
      ['the state is gone', (keys: string[]) => redis.rig.client.del(keys[0]!)],
      ['the state is of another type', (keys: string[]) => redis.rig.client.set(keys[0]!, 'foreign')],
      ['an older state came back', (keys: string[]) => redis.rig.client.hset(keys[0]!, 'published', '1')],
    ])('notices that what it published is lost: %s', async (_, lose) => {
      const store = redis.aStore();
      await store.publish(aPublication(['10.0.0.1']));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      const { state, document, log, ended } = redis.keysOf();
      await lose([state, document, log, ended]);
      expect((await store.compare()).lost).toEqual(['edge']);
      await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
      expect((await store.compare()).lost).toEqual([]);
      const work = await store.take('edge');
      expect(work?.deltas).toBeUndefined();
      expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.1']));
    });

    const heard = async (secondsAgo: number): Promise<unknown> => {
      const [seconds] = await redis.rig.client.time();
      return redis.rig.client.hset(redis.keysOf().state, 'heardAt', String((Number(seconds) - secondsAgo) * 1_000));
    };

    it('tells a worker how long no controller has looked after a point, until one does', async () => {
      const [controller, worker] = [redis.aStore(), redis.aStore()];
      await controller.publish(aPublication(['10.0.0.1']));
      expect((await worker.take('edge'))!.controllerSilentMs).toBeLessThan(60_000);
      await heard(7_200);
      expect((await worker.take('edge'))!.controllerSilentMs).toBeGreaterThanOrEqual(7_200_000 - 1_000);
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
      expect((await worker.take('edge'))!.controllerSilentMs).toBeLessThan(60_000);
    });

    it.each([
      ['a controller compares', (store: DesiredStore) => store.compare()],
      ['a worker takes the point, whose controller is gone', (store: DesiredStore) => store.take('edge')],
    ])('takes nobody for there because a clock was set back, once %s', async (_, look) => {
      const controller = redis.aStore();
      await controller.publish(aPublication(['10.0.0.1']));
      await heard(-7_200);
      await look(controller);
      const [[seconds], heardAt] = [
        await redis.rig.client.time(),
        await redis.rig.client.hget(redis.keysOf().state, 'heardAt'),
      ];
      expect(Number(heardAt)).toBeLessThan((Number(seconds) + 1) * 1_000);
    });

    it('takes a point for one that fails since now, where the clock was set back after it failed first', async () => {
      const store = redis.aStore();
      await store.publish(aPublication(['10.0.0.1']));
      await store.failed('edge');
      const [seconds] = await redis.rig.client.time();
      await redis.rig.client.hset(redis.keysOf().state, 'failingSince', String((Number(seconds) + 7_200) * 1_000));
      expect(await store.failed('edge')).toBe(0);
      const later = await store.failed('edge');
      expect([later >= 0, later < 60_000]).toEqual([true, true]);
    });

    it('has the controller publish anew what may have expired, so that what is missing was taken by nobody else', async () => {
      const [controller, worker] = [redis.aStore(), redis.aStore()];
      const point = aPoint({ onControllerLoss: 'Expire', expireAfterSeconds: 600 });
      const publish = (members: readonly string[], delta?: Partial<GroupDelta>): Promise<number> =>
        controller.publish(aPublication(members, delta, { point }));
      await publish(['10.0.0.1']);
      await worker.acknowledge('edge', (await worker.take('edge'))!.version);
      await heard(590);
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
      await heard(600);
      expect(await controller.compare()).toEqual({ lost: ['edge'], confirmed: [] });
      // A change of members alone is not enough.
      await publish(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] });
      const work = (await worker.take('edge'))!;
      expect([work.deltas, (await work.snapshot()).reached]).toEqual([undefined, false]);
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
    });

    it('takes no acknowledgement from before a loss for one of what was published after it', async () => {
      const store = redis.aStore();
      await store.publish(aPublication(['10.0.0.1']));
      const work = await store.take('edge');
      await redis.rig.client.flushall();
      await store.publish(aPublication(['10.0.0.2']));
      await store.acknowledge('edge', work!.version);
      expect((await store.take('edge'))?.deltas).toBeUndefined();
    });

    it.each([
      ['state', 'is no version', (key: string) => redis.rig.client.hset(key, 'version', 'banana')],
      ['state', 'is a foreign value', (key: string) => redis.rig.client.set(key, 'foreign')],
      ['state', 'has no valid point', (key: string) => redis.rig.client.hset(key, 'point', '{"kind":"Pod"}')],
      ['state', 'has no valid acknowledgement', (key: string) => redis.rig.client.hset(key, 'acknowledged', 'banana')],
      [
        'state',
        'has all acknowledged that may come',
        (key: string) => redis.rig.client.hset(key, 'acknowledged', '9'.repeat(16)),
      ],
      ['state', 'has no valid time', (key: string) => redis.rig.client.hset(key, 'readBackAt', 'soon')],
      [
        'state',
        'has a version beyond all others',
        (key: string) => redis.rig.client.hset(key, 'version', '9'.repeat(17)),
      ],
      ['document', 'is cut off', (key: string) => redis.rig.client.setrange(key, 5, 'xxxxx')],
      ['log', 'is of another type', (key: string) => redis.rig.client.set(key, 'foreign')],
      ['ended', 'is of another type', (key: string) => redis.rig.client.lpush(key, 'foreign')],
    ] as const)(
      'names what cannot be read, uses none of it, and has it published again: %s %s',
      async (part, _, spoil) => {
        const store = redis.aStore();
        await store.publish(aPublication(['10.0.0.1']));
        await store.publish(aPublication(['10.0.0.2'], undefined, { point: aPoint({}, { name: 'other' }) }));
        await spoil(redis.keysOf()[part]);
        const worker = redis.aStore();
        const used = async (): Promise<unknown> => (await worker.take('edge'))?.snapshot();
        expect(await used().catch(() => undefined)).toBeUndefined();
        expect(redis.errors).toEqual([
          expect.stringMatching(/^edge: What is published for edge cannot be read and is not used: /),
        ]);
        expect((await (await worker.take('other'))!.snapshot()).desired).toEqual(stateOf(['10.0.0.2']));
        expect((await store.compare()).lost).toEqual(['edge']);
        await store.publish(aPublication(['10.0.0.3']));
        expect((await store.compare()).lost).toEqual([]);
        expect(await used()).toMatchObject({ desired: stateOf(['10.0.0.3']) });
      },
    );
  });
});
