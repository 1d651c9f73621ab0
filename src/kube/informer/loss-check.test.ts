import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeApiServer } from '../../../test/kit/api-server.ts';
import { Follower, many, thing, waiting } from './testing/follower.ts';

let fake: FakeApiServer;
let follower: Follower;

beforeEach(async () => {
  fake = await FakeApiServer.start();
});

afterEach(async () => {
  await follower.stop();
  await fake.stop();
});

describe('a kind that goes away', () => {
  const path = '/apis/example.com/v1/things';
  const usual = ['create', 'delete', 'get', 'list', 'update', 'watch'];
  const leaving = ['delete', 'get', 'list', 'watch'];
  /** What discovery says of it; `undefined`: neither discovery nor the kind is served. */
  let verbs: readonly string[] | undefined;

  beforeEach(async () => {
    verbs = usual;
    fake.instead = ({ path: asked }) => {
      if (verbs === undefined) return [404, {}];
      if (asked === path) return undefined;
      return [200, { kind: 'APIResourceList', resources: [{ name: 'things', verbs }] }];
    };
    for (const name of ['a', 'b', 'c']) fake.put(thing(name), path);
    follower = new Follower(fake, {}, undefined, { apiVersion: 'example.com/v1' });
    await follower.watching();
    follower.news();
  });
  const says = (words: string): Promise<void> =>
    vi.waitFor(() => expect(follower.reflector.health.message).toContain(words), waiting);

  it('takes nothing along: what is deleted for it stays until objects of it are there again', async () => {
    verbs = leaving;
    fake.remove('a', path);
    await says('being deleted with their CustomResourceDefinition');
    fake.remove('b', path);
    fake.remove('c', path);
    verbs = undefined;
    fake.closeWatches();
    await says('not served');
    verbs = usual;
    await says('there are no things since they were not served');
    expect(follower.news()).toEqual([]);
    fake.put(thing('a', 'anew'), path);
    await follower.watching();
    expect(follower.news()).toEqual(['-a watch', '+a=anew relist', '-b relist', '-c relist']);
  });

  it('is listed anew though it is there again before anybody asks', async () => {
    const honest = fake.instead;
    let watches = 0;
    fake.instead = (request, body) => {
      if (request.kind !== 'watch' || ++watches > 1) return honest?.(request, body);
      for (const name of ['a', 'b', 'c']) fake.remove(name, path);
      return [404, {}];
    };
    fake.closeWatches();
    await says('there are no things since they were not served');
    expect(follower.news()).toEqual([]);
  });

  it('waits until no more of its objects come back', async () => {
    verbs = undefined;
    fake.closeWatches();
    await says('not served');
    for (const name of ['b', 'c']) fake.remove(name, path);
    const honest = fake.instead;
    let lists = 0;
    fake.instead = (request, body) => {
      const isList = request.kind === 'list' && request.path === path;
      if (isList && ++lists === 2) fake.put(thing('b', 'anew'), path);
      return honest?.(request, body);
    };
    verbs = usual;
    await follower.watching();
    expect([lists, follower.news()]).toEqual([3, ['-b watch', '+b=anew relist', '-c relist']]);
  });

  it('is listed where it was back at once: a watch would show what went with it as deleted one by one', async () => {
    const honest = fake.instead;
    let refused = 0;
    fake.instead = (request, body) => {
      const isWatch = request.kind === 'watch' && request.path === path;
      if (!isWatch || ++refused > 1) return honest?.(request, body);
      for (const name of ['b', 'c']) fake.remove(name, path);
      return [404, {}];
    };
    fake.closeWatches();
    await vi.waitFor(() => expect(follower.observations).toEqual(['-b relist', '-c relist']), waiting);
  });

  it.each([
    ['is there as before', () => undefined],
    ['cannot be asked for', () => (fake.instead = ({ path: asked }) => (asked === path ? undefined : [403, {}]))],
  ])('is not suspected of it when it %s', async (_, change) => {
    change();
    fake.remove('a', path);
    await vi.waitFor(() => expect(follower.observations).toEqual(['-a watch']), waiting);
    expect(follower.state).toBe('healthy');
  });

  describe('and whose definition may be read', () => {
    const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.example.com';
    /** What is known of it; a number: that is the answer. */
    let metadata: { uid: string; deletionTimestamp?: string } | number;
    const asked = (): number => fake.requests.filter((request) => request.path === definition).length;

    beforeEach(async () => {
      await follower.stop();
      const discovery = fake.instead;
      metadata = { uid: 'first' };
      fake.instead = (request, body) => {
        if (request.path !== definition) return discovery?.(request, body);
        if (typeof metadata === 'number') return [metadata, {}];
        return [200, { kind: 'PartialObjectMetadata', metadata }];
      };
      follower = new Follower(fake, {}, undefined, { apiVersion: 'example.com/v1', definition: 'things.example.com' });
      await follower.watching();
      follower.news();
    });
    const removeAll = (): void => ['a', 'b', 'c'].forEach((name) => fake.remove(name, path));

    it.each([
      ['is marked, while discovery does not say so yet', () => (metadata = { uid: 'first', deletionTimestamp: 'now' })],
      ['is gone, while discovery does not say so yet', () => (metadata = 404)],
    ])('takes nothing along when that %s', async (_, change) => {
      change();
      removeAll();
      await says('being deleted with their CustomResourceDefinition');
      metadata = { uid: 'second' };
      await says('there are no things since they were not served');
      expect(follower.news()).toEqual([]);
    });

    it.each([
      ['while it was watched', () => removeAll()],
      [
        'while nobody watched',
        () => {
          fake.closeWatches();
          removeAll();
          fake.compact();
        },
      ],
    ])('takes nothing along when it was installed anew %s', async (_, remove) => {
      metadata = { uid: 'second' };
      remove();
      await says('there are no things since they were not served');
      expect(follower.news()).toEqual([]);
      fake.put(thing('a', 'anew'), path);
      await follower.watching();
      expect(follower.news()).toEqual(['-a watch', '+a=anew relist', '-b relist', '-c relist']);
      fake.remove('a', path);
      await vi.waitFor(() => expect(follower.observations).toEqual(['-a watch']), waiting);
    });

    it('is believed to be empty when it is the one of before, though it was not served for a while', async () => {
      verbs = undefined;
      metadata = 404;
      fake.closeWatches();
      await says('not served');
      removeAll();
      fake.compact();
      verbs = usual;
      metadata = { uid: 'first' };
      await vi.waitFor(() => expect(follower.observations).toHaveLength(3), waiting);
      await follower.watching();
    });

    it('is looked for where it may be when the definition may not be read', async () => {
      metadata = 403;
      verbs = leaving;
      fake.remove('a', path);
      await says('being deleted with their CustomResourceDefinition');
      expect(follower.news()).toEqual([]);
    });

    it('is followed where it is served without any definition', async () => {
      await follower.stop();
      metadata = 404;
      follower = new Follower(fake, {}, undefined, { apiVersion: 'example.com/v1', definition: 'things.example.com' });
      await follower.watching();
      fake.remove('a', path);
      await vi.waitFor(() => expect(follower.observations).toContain('-a watch'), waiting);
    });

    it('is asked about a few times for a thousand deletions that come at once', async () => {
      many(1_000).forEach((object) => fake.put(object, path));
      await vi.waitFor(() => expect(follower.news()).not.toEqual([]), waiting);
      await vi.waitFor(() => expect(follower.reflector.size).toBe(1_003), waiting);
      follower.news();
      const before = asked();
      const gone = many(1_000).map(({ metadata: { name } }) => ({ type: 'DELETED', object: fake.object(name, path) }));
      fake.say(gone.map((event) => `${JSON.stringify(event)}\n`).join(''), path);
      await vi.waitFor(() => expect(follower.observations).toHaveLength(1_000), waiting);
      expect(asked() - before).toBeLessThan(20);
    });
  });

  it('is asked for again when nobody knows, and then nothing was missed', async () => {
    const honest = fake.instead;
    let asked = 0;
    fake.instead = (request, body) => (request.path !== path && ++asked === 1 ? [503, {}] : honest?.(request, body));
    fake.remove('a', path);
    await vi.waitFor(() => expect(follower.observations).toEqual(['-a watch']), waiting);
    expect(asked).toBe(2);
  });
});
