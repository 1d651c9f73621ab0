import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisAuditStore } from '../../src/audit/redis/redis-audit-store.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { nothingDesired, type GroupDelta } from '../../src/core/model/desired.ts';
import { RedisPointLeases } from '../../src/redis/point-lease.ts';
import type { Fenced } from '../../src/redis/fencing.ts';
import { dropForeignValues } from '../../src/redis/foreign-values.ts';
import { RedisRateLimit } from '../../src/redis/rate-limit.ts';
import { RedisDesiredStore, type StoreLimits } from '../../src/store/redis-store.ts';
import { RedisReadingStore } from '../../src/store/redis-reading-store.ts';
import { RedisOutcomeStore } from '../../src/store/redis-outcome-store.ts';
import { aBegun, aClosed } from '../kit/audit-records.ts';
import { aPoint } from '../kit/builders.ts';
import { aPublication, deltaOf, describeDesiredStore, stateOf } from '../kit/desired-store-contract.ts';
import { anOutcome, describeOutcomeStore } from '../kit/outcome-store-contract.ts';
import { aReading, describeReadingStore } from '../kit/reading-store-contract.ts';
import { aRedisRig, type RedisRig } from '../kit/redis-rig.ts';
import { describeWith, startRedis, until, type RedisServer } from '../kit/redis-server.ts';

describeWith(['redis-server'], 'What is kept in Redis', () => {
  let server: RedisServer;
  let rig: RedisRig;
  let errors: string[];
  let installations = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    installations += 1;
    errors = [];
    rig = await aRedisRig(server.config, `t${installations}`);
  });
  afterEach(() => rig.end());

  const note = (point: string, error: unknown): void => void errors.push(`${point}: ${(error as Error).message}`);
  const aStore = (fence = 1, limits: Partial<StoreLimits> = {}): RedisDesiredStore =>
    new RedisDesiredStore({ client: rig.client, keys: rig.keys, fence: () => fence, onError: note, limits });
  const outcomes = (more: { readonly lookEveryMs?: number } = {}): RedisOutcomeStore =>
    new RedisOutcomeStore({ ...more, client: rig.client, patient: () => rig.patient(), keys: rig.keys, onError: note });
  const keysOf = (): ReturnType<RedisRig['keys']['point']> => rig.keys.point('edge');
  const end = (): Promise<void> => Promise.resolve();

  describe('RedisDesiredStore, like every store', () => {
    describeDesiredStore(() => Promise.resolve({ store: aStore(), end }));
  });

  describe('RedisOutcomeStore, like every store', () => {
    describeOutcomeStore(() => Promise.resolve({ store: outcomes(), end }));
  });

  const readings = (): RedisReadingStore =>
    new RedisReadingStore({ client: rig.client, keys: rig.keys, onError: note });
  describeReadingStore('in Redis', () => Promise.resolve(readings()));

  describe('RedisReadingStore', () => {
    it('has nothing, and says so, where what is there is not what was written', async () => {
      const store = readings();
      await store.keep(aReading());
      await rig.client.hset(keysOf().reading, 'content', '{}');
      expect(await store.last('edge')).toBeUndefined();
      expect(errors).toEqual([expect.stringContaining('edge: The reading in ')]);
    });

    it('keeps nothing more of a point that is withdrawn, whoever still works on it', async () => {
      await aStore().publish(aPublication(['10.0.0.1']));
      await aStore().withdraw('edge');
      await readings().keep(aReading());
      await readings().keepInForce('edge', nothingDesired('edge'));
      const { reading, inForce } = keysOf();
      expect(await rig.client.exists(reading, inForce)).toBe(0);
      await aStore().publish(aPublication(['10.0.0.1']));
      await readings().keepInForce('edge', nothingDesired('edge'));
      expect(await readings().inForce('edge')).toEqual(nothingDesired('edge'));
    });

    it('writes the content anew where Redis has lost it', async () => {
      const store = readings();
      await store.keep(aReading());
      await rig.client.flushall();
      await store.keep(aReading({ version: 2 }));
      expect(await readings().last('edge')).toEqual(aReading({ version: 2 }));
    });
  });

  describe('of a worker that lives on after another one was given its lease', () => {
    const pending = { operations: [], refused: [], seen: 0, membersOnly: false };
    /** The stores of two workers, of which the second was given the lease after the first. */
    const stores = async <Store>(store: Fenced<Store>): Promise<readonly [late: Store, young: Store]> => {
      const tokens: number[] = [];
      for (let count = 0; count < 2; count += 1) {
        const lease = await new RedisPointLeases(rig.client, rig.keys).acquire('edge');
        tokens.push(lease!.token);
        await lease!.release();
      }
      return [store.under(tokens[0]!), store.under(tokens[1]!)];
    };

    it('is taken neither what the device has nor what it is at work on, and that it is to be read is', async () => {
      const [late, young] = await stores(aStore());
      await aStore().publish(aPublication(['10.0.0.1']));
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
      const [late, young] = await stores(outcomes());
      await late.record(anOutcome());
      await young.record(anOutcome({ state: 'failed' }));
      await late.record(anOutcome({ version: 2 }));
      await late.record(anOutcome({ version: 0 }));
      expect(await young.last('edge')).toEqual(anOutcome({ state: 'failed' }));
      await young.record(anOutcome());
      expect(await young.last('edge')).toEqual(anOutcome());
    });

    it('is taken no reading, nor what was in force, nor that there is none', async () => {
      const [late, young] = await stores(readings());
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

  describe('RedisDesiredStore', () => {
    it('shows one process what another has published', async () => {
      await aStore().publish(aPublication(['10.0.0.1']));
      const work = await aStore().take('edge');
      expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.1']));
    });

    it('writes and reads no document on the fast path', async () => {
      const store = aStore();
      await store.publish(aPublication([]));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      const document = await rig.client.getBuffer(keysOf().document);
      await rig.client.set(keysOf().document, 'not to be looked at');
      const members = ['10.0.0.1'];
      const publication = { ...aPublication(members, { added: members }), desired: () => expect.fail('not needed') };
      await store.publish(publication);
      expect((await store.take('edge'))?.deltas).toEqual([deltaOf({ added: members })]);
      expect(await rig.client.get(keysOf().document)).toBe('not to be looked at');
      expect(document).not.toBeNull();
      expect(errors).toEqual([]);
    });

    it('keeps large documents compressed, and gives them back as they were', async () => {
      const members = Array.from(
        { length: 20_000 },
        (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      ).sort();
      await aStore().publish(aPublication(members));
      expect(await rig.client.strlen(keysOf().document)).toBeLessThan(100_000);
      expect((await (await aStore().take('edge'))!.snapshot()).desired).toEqual(stateOf(members));
    });

    it('refuses a document that is too large, and says what to do', async () => {
      await expect(aStore(1, { documentBytes: 100 }).publish(aPublication(['10.0.0.1']))).rejects.toThrow(
        /desired state of edge takes \d+ bytes, and at most 100 are stored. Split the EnforcementPoint/,
      );
    });

    it('starts the log anew when no worker fetches it, and has the worker look at the whole', async () => {
      const store = aStore(1, { logEntries: 10 });
      await store.publish(aPublication([]));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      const members: string[] = [];
      for (let index = 1; index <= 25; index += 1) {
        members.push(`10.0.1.${index}`);
        await store.publish(aPublication([...members].sort(), { added: [`10.0.1.${index}`] }));
      }
      expect(await rig.client.zcard(keysOf().log)).toBeLessThanOrEqual(11);
      const work = await store.take('edge');
      expect(work?.deltas).toBeUndefined();
      expect((await work!.snapshot()).desired).toEqual(stateOf([...members].sort()));
    });

    it('starts the log anew when it is long, and deltas go on when a worker keeps up', async () => {
      const store = aStore(1, { logEntries: 10 });
      await store.publish(aPublication([]));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      for (let index = 1; index <= 30; index += 1) {
        const members = [`10.0.1.${index}`];
        await store.publish(aPublication(members, { added: members }));
        const work = await store.take('edge');
        expect(work?.deltas).toEqual([deltaOf({ added: members })]);
        await store.acknowledge('edge', work!.version);
      }
      expect(await rig.client.zcard(keysOf().log)).toBeLessThanOrEqual(11);
    });

    it('refuses an old leader, whatever it does, and goes on with the new one', async () => {
      const [old, young] = [aStore(1), aStore(2)];
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
      ['everything was flushed', (keys: string[]) => rig.client.del(...keys)],
      ['the document is gone', (keys: string[]) => rig.client.del(keys[1]!)],
      ['the state is gone', (keys: string[]) => rig.client.del(keys[0]!)],
      ['the state is of another type', (keys: string[]) => rig.client.set(keys[0]!, 'foreign')],
      ['an older state came back', (keys: string[]) => rig.client.hset(keys[0]!, 'published', '1')],
    ])('notices that what it published is lost: %s', async (_, lose) => {
      const store = aStore();
      await store.publish(aPublication(['10.0.0.1']));
      await store.acknowledge('edge', (await store.take('edge'))!.version);
      const { state, document, log, ended } = keysOf();
      await lose([state, document, log, ended]);
      expect((await store.compare()).lost).toEqual(['edge']);
      await store.publish(aPublication(['10.0.0.1'], { added: ['10.0.0.1'] }));
      expect((await store.compare()).lost).toEqual([]);
      const work = await store.take('edge');
      expect(work?.deltas).toBeUndefined();
      expect((await work!.snapshot()).desired).toEqual(stateOf(['10.0.0.1']));
    });

    const heard = async (secondsAgo: number): Promise<unknown> => {
      const [seconds] = await rig.client.time();
      return rig.client.hset(keysOf().state, 'heardAt', String((Number(seconds) - secondsAgo) * 1_000));
    };

    it('tells a worker how long no controller has looked after a point, until one does', async () => {
      const [controller, worker] = [aStore(), aStore()];
      await controller.publish(aPublication(['10.0.0.1']));
      expect((await worker.take('edge'))!.controllerSilentMs).toBeLessThan(60_000);
      await heard(7_200);
      expect((await worker.take('edge'))!.controllerSilentMs).toBeGreaterThanOrEqual(7_200_000 - 1_000);
      expect(await controller.compare()).toEqual({ lost: [], confirmed: [] });
      expect((await worker.take('edge'))!.controllerSilentMs).toBeLessThan(60_000);
    });

    it('takes nobody for there because a clock was set back', async () => {
      const controller = aStore();
      await controller.publish(aPublication(['10.0.0.1']));
      await heard(-7_200);
      await controller.compare();
      const [[seconds], heardAt] = [await rig.client.time(), await rig.client.hget(keysOf().state, 'heardAt')];
      expect(Number(heardAt)).toBeLessThan((Number(seconds) + 1) * 1_000);
    });

    it('has the controller publish anew what may have expired, so that what is missing was taken by nobody else', async () => {
      const [controller, worker] = [aStore(), aStore()];
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
      const store = aStore();
      await store.publish(aPublication(['10.0.0.1']));
      const work = await store.take('edge');
      await rig.client.flushall();
      await store.publish(aPublication(['10.0.0.2']));
      await store.acknowledge('edge', work!.version);
      expect((await store.take('edge'))?.deltas).toBeUndefined();
    });

    it.each([
      ['state', 'is no version', (key: string) => rig.client.hset(key, 'version', 'banana')],
      ['state', 'is a foreign value', (key: string) => rig.client.set(key, 'foreign')],
      ['state', 'has no valid point', (key: string) => rig.client.hset(key, 'point', '{"kind":"Pod"}')],
      ['state', 'has no valid acknowledgement', (key: string) => rig.client.hset(key, 'acknowledged', 'banana')],
      [
        'state',
        'has all acknowledged that may come',
        (key: string) => rig.client.hset(key, 'acknowledged', '9'.repeat(16)),
      ],
      ['state', 'has no valid time', (key: string) => rig.client.hset(key, 'readBackAt', 'soon')],
      ['state', 'has a version beyond all others', (key: string) => rig.client.hset(key, 'version', '9'.repeat(17))],
      ['document', 'is cut off', (key: string) => rig.client.setrange(key, 5, 'xxxxx')],
      ['log', 'is of another type', (key: string) => rig.client.set(key, 'foreign')],
      ['ended', 'is of another type', (key: string) => rig.client.lpush(key, 'foreign')],
    ] as const)(
      'names what cannot be read, uses none of it, and has it published again: %s %s',
      async (part, _, spoil) => {
        const store = aStore();
        await store.publish(aPublication(['10.0.0.1']));
        await store.publish(aPublication(['10.0.0.2'], undefined, { point: aPoint({}, { name: 'other' }) }));
        await spoil(keysOf()[part]);
        const worker = aStore();
        const used = async (): Promise<unknown> => (await worker.take('edge'))?.snapshot();
        expect(await used().catch(() => undefined)).toBeUndefined();
        expect(errors).toEqual([
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

  it('drops what stands under its keys and is nothing of it, and nothing else', async () => {
    const store = aStore();
    await store.publish(aPublication(['10.0.0.1']));
    expect(await store.compare()).toEqual({ lost: [], confirmed: [] });
    const { unreadable: _, ...ofPoint } = keysOf();
    const { wanted, points, outcomes: last, outcomeNumbers, auditPoints, queue } = rig.keys;
    const foreign = [...Object.values(ofPoint), wanted, points, last, outcomeNumbers, auditPoints];
    for (const key of foreign) {
      await rig.client.del(key);
      await rig.client.xadd(key, '*', 'a', 'b');
    }
    await rig.client.set(keysOf().token, 'banana');
    await rig.client.set(`${queue}:sync:id`, '7');
    const later = aStore();
    await later.publish(aPublication(['10.0.0.1'])).catch(() => 0);
    await later.compare();
    await later.publish(aPublication(['10.0.0.1']));
    const again = aStore();
    await again.publish(aPublication(['10.0.0.1'], undefined, { rulesChanged: true }));
    await again.compare();
    const types = await Promise.all(foreign.map((key) => rig.client.type(key)));
    expect(types).not.toContain('stream');
    expect(await rig.client.get(keysOf().token)).toBeNull();
    expect(await rig.client.get(`${queue}:sync:id`)).toBe('7');
    expect(await again.points()).toEqual(['edge']);
    expect(errors.join()).toMatch(/redis: \d+ keys of Postern in Redis held something else and were dropped/);
  });

  it.each(['a lease', 'a rate', 'a pause', 'the look for stalled jobs'])(
    'drops a text in place of %s that would count for ever',
    async (what) => {
      const { lease, rate, pause } = keysOf();
      const check = `${rig.keys.queue}:sync:stalled-check`;
      const key = { 'a lease': lease, 'a rate': rate, 'a pause': pause }[what] ?? check;
      await rig.client.set(key, '9999999999999');
      expect(await dropForeignValues(rig.client, rig.keys, ['edge'])).toBe(1);
      expect(await rig.client.exists(key)).toBe(0);
    },
  );

  it('drops nothing that is its own, whatever is at work', async () => {
    const store = aStore();
    await store.publish(aPublication(['10.0.0.1']));
    await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }, { ended: ['10.0.0.9'] }));
    await outcomes().record(anOutcome());
    const readings = new RedisReadingStore({ ...rig, onError: note });
    await readings.keep({ point: 'edge', version: 1, resources: [], losses: [] });
    await readings.keepInForce('edge', nothingDesired('edge'));
    const audit = new RedisAuditStore({ ...rig, clock: systemClock });
    await audit.append('edge', [aBegun(), aBegun()]);
    await audit.append('edge', [aClosed(1, { result: 'found-not-done' })]);
    const limit = new RedisRateLimit(rig.client, rig.keys);
    await limit.take('edge', { perSecond: 1, burst: 1 });
    await limit.pause('edge', 60_000);
    const queue = rig.queue();
    let dropped: number | undefined;
    queue.process(async () => {
      dropped ??= await dropForeignValues(rig.client, rig.keys, ['edge', 'later']);
    }, 1);
    await queue.enqueue('later', { delayMs: 60_000 });
    await queue.enqueue('edge');
    await until('it has looked, with a lease and a job under way', () => dropped !== undefined);
    expect(dropped).toBe(0);
    await queue.close();
    expect(await dropForeignValues(rig.client, rig.keys, ['edge', 'later'])).toBe(0);
    const { unreadable: _, lease: __, ...kept } = keysOf();
    const types = await Promise.all(Object.values(kept).map((key) => rig.client.type(key)));
    expect(types).not.toContain('none');
  });

  describe('what counts in a point', () => {
    it('begins anew where it is no number', async () => {
      const store = aStore();
      const { state } = keysOf();
      await store.publish(aPublication(['10.0.0.1']));
      await rig.client.hset(state, { failures: 'banana', logBytes: 'banana' });
      expect(await store.failed('edge')).toBe(1);
      expect(await store.failed('edge')).toBe(2);
      await store.publish(aPublication(['10.0.0.1', '10.0.0.2'], { added: ['10.0.0.2'] }));
      expect(Number(await rig.client.hget(state, 'logBytes'))).toBeGreaterThan(0);
      expect(errors).toEqual([]);
    });

    it.each(['99999999999999999', 'inf', 'nan'])('begins anew where it does not grow any more: %s', async (text) => {
      const { state, token } = keysOf();
      await aStore().publish(aPublication(['10.0.0.1']));
      await rig.client.hset(state, { version: text, published: text, fence: text });
      await rig.client.set(token, text);
      await aStore().publish(aPublication(['10.0.0.2']));
      const leases = new RedisPointLeases(rig.client, rig.keys);
      const first = await leases.acquire('edge');
      await first?.release();
      const second = await leases.acquire('edge');
      await second?.release();
      expect(Number(await rig.client.hget(state, 'version'))).toBeLessThan(Number.MAX_SAFE_INTEGER);
      expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    });
  });

  describe('RedisOutcomeStore', () => {
    it('hears of an outcome when it is recorded, not when it looks the next time', async () => {
      const stop = new AbortController();
      const store = outcomes({ lookEveryMs: 3_600_000 });
      const heard: number[] = [];
      await store.record(anOutcome());
      const following = store.follow(({ version }) => heard.push(version), stop.signal);
      const admin = server.admin();
      const listens = async (): Promise<unknown> => (await admin.pubsub('NUMSUB', rig.keys.outcomeBell))[1];
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
      const store = outcomes();
      await store.record(anOutcome({ version: 5 }));
      const following = store.follow(({ version }) => heard.push(version), stop.signal);
      await until('the first', () => heard.length === 1);
      await rig.client.flushall();
      await store.record(anOutcome({ version: 4 }));
      await until('the next', () => heard.length === 2);
      stop.abort();
      await following;
      expect(heard).toEqual([5, 4]);
    });

    it('takes what a newer worker tells, without what only that knows, and says so once', async () => {
      const store = outcomes();
      const newer = {
        ...anOutcome(),
        rulesLater: 7,
        losses: [{ effect: 'narrowed', id: 'r', code: 'c', message: 'm', since: 1 }],
      };
      await rig.client.hset(rig.keys.outcomes, 'edge', JSON.stringify(newer));
      const losses = [{ effect: 'narrowed', id: 'r', code: 'c', message: 'm' }];
      expect(await store.last('edge')).toEqual({ ...anOutcome(), losses });
      await store.last('edge');
      expect(errors).toEqual([
        'edge: A newer worker says more of edge than this version knows: rulesLater. That is left out.',
      ]);
      // What an older worker does not say is absent.
      const { rulesThere: _, ...older } = { ...anOutcome(), rulesThere: 1 };
      await rig.client.hset(rig.keys.outcomes, 'edge', JSON.stringify(older));
      expect(await store.last('edge')).toEqual(anOutcome());
    });

    it('names an outcome that cannot be read, and hands over the others', async () => {
      const heard: string[] = [];
      const stop = new AbortController();
      const store = outcomes();
      await store.record(anOutcome());
      await store.record(anOutcome({ point: 'other' }));
      await rig.client.hset(rig.keys.outcomes, 'edge', '{"point":"edge"}');
      const following = store.follow(({ point }) => heard.push(point), stop.signal);
      await until('the other', () => heard.length === 1);
      stop.abort();
      await following;
      expect(heard).toEqual(['other']);
      expect(errors).toEqual([
        expect.stringMatching(/^edge: The last outcome of edge cannot be read and is not used: version/),
      ]);
    });
  });
});
