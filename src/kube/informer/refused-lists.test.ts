import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeApiServer, refusal } from '../../../test/kit/api-server.ts';
import { Follower, emptyList, many, thing, waiting } from './testing/follower.ts';

let fake: FakeApiServer;
let follower: Follower;

beforeEach(async () => {
  fake = await FakeApiServer.start();
});

afterEach(async () => {
  await follower.stop();
  await fake.stop();
});

describe('a server that refuses', () => {
  it('allows to list and not to watch: that is said until it is granted', async () => {
    fake.put(thing('a'));
    fake.misbehave('watch', refusal(403, 'Forbidden'), Infinity);
    follower = new Follower(fake);
    await vi.waitFor(() => expect(follower.waits.length).toBeGreaterThan(10), waiting);
    expect(follower.reflector.health).toEqual({
      state: 'denied',
      since: 0,
      lastEvent: 0,
      message: 'may list things but not watch them: grant watch on things (GET /api/v1/things: fake: Forbidden)',
    });
    expect(follower.news()).toEqual(['+a relist']);
    fake.behave();
    await follower.watching();
    expect(follower.reflector.health.message).toBe('');
  });

  it('does not know the kind: the message says what to install', async () => {
    fake.misbehave('watch', refusal(404, 'NotFound'), Infinity);
    fake.misbehave('list', refusal(404, 'NotFound'), Infinity);
    follower = new Follower(fake);
    await vi.waitFor(() => expect(follower.state).toBe('stalled'), waiting);
    const message = 'things are not served: install their CustomResourceDefinition';
    expect(follower.reflector.health.message).toBe(message);
  });
});

describe('a kind that need not be there', () => {
  const optional = { optional: true as const, keyPrefix: 'Thing/' };

  it.each([
    [404, 'NotFound', []],
    [
      403,
      'Forbidden',
      [
        'things may not be read: grant list and watch on them; until then nothing is changed at points with vantage EgressIP',
      ],
    ],
  ])('is looked for now and then after a %i, and followed once it is there', async (status, reason, reports) => {
    fake.misbehave('watch', refusal(status, reason), Infinity);
    fake.misbehave('list', refusal(status, reason), Infinity);
    follower = new Follower(fake, {}, undefined, optional);
    await follower.watching();
    await vi.waitFor(() => expect(follower.waits.length).toBeGreaterThan(3), waiting);
    expect([follower.waits[1], follower.reports, follower.news()]).toEqual([90_000, reports, []]);
    expect(follower.reflector.unseen !== '').toBe(status === 403);
    fake.put(thing('a'));
    fake.behave();
    await vi.waitFor(() => expect(follower.news()).toEqual(['+Thing/a relist']), waiting);
    expect(follower.reflector.unseen).toBe('');
  });

  it('is not taken for gone once it was seen', async () => {
    fake.put(thing('a'));
    follower = new Follower(fake, {}, undefined, optional);
    await follower.watching();
    follower.news();
    fake.misbehave('watch', refusal(404, 'NotFound'), Infinity);
    fake.misbehave('list', refusal(404, 'NotFound'), Infinity);
    fake.closeWatches();
    await vi.waitFor(() => expect(follower.state).toBe('stalled'), waiting);
    expect(follower.news()).toEqual([]);
  });
});

describe('a server that lies', () => {
  async function startsOver(): Promise<void> {
    many(20).forEach((object) => fake.put(object));
    follower = new Follower(fake);
    await follower.watching();
    follower.news();
    fake.compact();
    fake.put(thing('t0', 'changed'));
    fake.compact();
    follower.news();
  }

  it('returns an empty list once: nobody is told', async () => {
    await startsOver();
    fake.misbehave('list', emptyList);
    fake.say('{"type":"ERROR","object":{"code":410}}\n');
    await vi.waitFor(() => expect(fake.requests.filter(({ kind }) => kind === 'list')).toHaveLength(3), waiting);
    await follower.watching();
    expect(follower.news().filter((news) => news.startsWith('-'))).toEqual([]);
    expect(Math.max(...follower.waits)).toBeGreaterThanOrEqual(2_000);
  });

  it('insists: what is missing is told as merely missing, and asked for again later', async () => {
    await startsOver();
    fake.misbehave('list', emptyList, 2);
    fake.say('{"type":"ERROR","object":{"code":410}}\n');
    await vi.waitFor(() => expect(follower.observations.length).toBeGreaterThanOrEqual(20), waiting);
    await follower.watching();
    const gone = follower.news().filter((news) => news.startsWith('-'));
    expect(gone).toEqual(many(20).map(({ metadata: { name } }) => `-${name} relist`));
    expect(fake.requests.at(-1)?.query.get('timeoutSeconds')).toBe('60');
    fake.closeWatches();
    await vi.waitFor(() => expect(follower.observations).toHaveLength(20), waiting);
    expect(follower.news()[0]).toBe('+t0=changed relist');
  });
});

describe('a list that is to be confirmed', () => {
  const lists = (): number => fake.requests.filter(({ kind }) => kind === 'list').length;

  beforeEach(async () => {
    many(20).forEach((object) => fake.put(object));
    follower = new Follower(fake);
    await follower.watching();
  });

  it('is read once more, however often that is asked meanwhile, and tells what has ended unseen', async () => {
    expect([lists(), follower.reflector.confirmations]).toEqual([1, 0]);
    follower.reflector.confirm();
    follower.reflector.confirm();
    await vi.waitFor(() => expect(follower.reflector.confirmations).toBe(1), waiting);
    await follower.watching();
    expect(lists()).toBe(2);
    fake.put(thing('t0', 'later'));
    await vi.waitFor(() => expect(follower.observations).toContain('+t0=later watch'), waiting);
    follower.reflector.confirm();
    await vi.waitFor(() => expect(follower.reflector.confirmations).toBe(2), waiting);
  });

  it('is not confirmed by one that is read because the server forgot', async () => {
    fake.say('{"type":"ERROR","object":{"code":410}}\n');
    await vi.waitFor(() => expect(lists()).toBe(2), waiting);
    await follower.watching();
    expect(follower.reflector.confirmations).toBe(0);
  });

  it('is not confirmed by one that lacks most of what was there, though the server insists', async () => {
    fake.misbehave('list', emptyList, 2);
    follower.reflector.confirm();
    const gone = (): readonly string[] => follower.observations.filter((news) => news.startsWith('-'));
    await vi.waitFor(() => expect(gone()).toHaveLength(20), waiting);
    await follower.watching();
    expect(follower.reflector.confirmations).toBe(0);
  });
});
