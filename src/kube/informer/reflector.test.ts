import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeApiServer, refusal } from '../../../test/kit/api-server.ts';
import { readerOf } from '../../../kit/protobuf/reader.ts';
import { coreMessages } from '../encoding/api-messages.ts';
import { SharedTexts } from '../encoding/shared-texts.ts';
import { badData, Follower, many, thing, waiting } from './testing/follower.ts';

let fake: FakeApiServer;
let follower: Follower;

beforeEach(async () => {
  fake = await FakeApiServer.start();
});

afterEach(async () => {
  await follower.stop();
  await fake.stop();
});

describe('a server that behaves', () => {
  it('is listed page by page and watched from there, each object told once', async () => {
    many(8).forEach((object) => fake.put(object));
    follower = new Follower(fake, { pageSize: 3 });
    await follower.watching();
    expect(follower.news()).toEqual(many(8).map(({ metadata: { name } }) => `+${name} relist`));
    const lists = fake.requests.filter(({ kind }) => kind === 'list').map(({ query }) => query.get('continue'));
    expect(lists).toEqual([null, '108:3', '108:6']);
    fake.put(thing('t1', 'new'));
    fake.remove('t2');
    await vi.waitFor(() => expect(follower.observations).toEqual(['+t1=new watch', '-t2 watch']), waiting);
    expect(fake.requests.at(-1)?.query.get('resourceVersion')).toBe('108');
    expect(fake.requests.at(-1)?.query.get('allowWatchBookmarks')).toBe('true');
    expect(Number(fake.requests.at(-1)?.query.get('timeoutSeconds'))).toBe(450);
  });

  it('sends its list as part of the watch where it can', async () => {
    fake.streamsLists = true;
    fake.put(thing('a'));
    follower = new Follower(fake);
    await follower.watching();
    fake.put(thing('b'));
    await vi.waitFor(() => expect(follower.observations).toEqual(['+a relist', '+b watch']), waiting);
    expect(fake.requests.map(({ kind }) => kind)).toEqual(['watch']);
  });

  it('closes watches as it likes: they go on where they were, healthy all the time', async () => {
    fake.put(thing('a'));
    follower = new Follower(fake);
    await follower.watching();
    follower.news();
    follower.states.length = 0;
    for (let round = 0; round < 20; round += 1) {
      fake.put(thing(`round-${round}`));
      await vi.waitFor(() => expect(follower.observations).toHaveLength(round + 1), waiting);
      const before = fake.requests.length;
      fake.closeWatches();
      await vi.waitFor(() => expect([fake.requests.length, fake.watches]).toEqual([before + 1, 1]), waiting);
    }
    expect(fake.requests.at(-1)?.query.get('resourceVersion')).toBe('121');
    expect(new Set(follower.states)).toEqual(new Set(['healthy']));
    expect(fake.requests.filter(({ kind }) => kind === 'list')).toHaveLength(1);
    expect(follower.waits).toEqual([]);
  });

  it('tells the end of an object before its successor of the same name', async () => {
    fake.put(thing('a', 'one', 'uid-1'));
    follower = new Follower(fake);
    await follower.watching();
    fake.put(thing('a', 'two', 'uid-2'));
    const expected = ['+a=one relist', '-a watch', '+a=two watch'];
    await vi.waitFor(() => expect(follower.observations).toEqual(expected), waiting);
  });
});

describe('a server that forgets', () => {
  it('answers 410 to a watch: the list tells what was missed, and nothing else', async () => {
    ['stays', 'changes', 'goes', 'is-replaced'].forEach((name) => fake.put(thing(name)));
    follower = new Follower(fake);
    await follower.watching();
    follower.news();
    // In one turn: nobody watches while it happens.
    fake.closeWatches();
    fake.put(thing('changes', 'later'));
    fake.remove('goes');
    fake.put(thing('is-replaced', '', 'another'));
    fake.compact();
    const expected = ['+changes=later relist', '-is-replaced watch', '+is-replaced relist', '-goes relist'];
    await vi.waitFor(() => expect([...follower.observations].sort()).toEqual(expected.sort()), waiting);
    await follower.watching();
  });

  it('says 410 within a watch: the same', async () => {
    fake.put(thing('a'));
    follower = new Follower(fake);
    await follower.watching();
    fake.say('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}\n');
    await vi.waitFor(() => expect(fake.requests.filter(({ kind }) => kind === 'list')).toHaveLength(2), waiting);
    await follower.watching();
    expect(follower.news()).toEqual(['+a relist']);
  });

  it('lets a list expire half way: it is read again from the start, and nothing counts as gone', async () => {
    many(6).forEach((object) => fake.put(object));
    fake.misbehave('list', (_request, _response, proceed) => proceed());
    fake.misbehave('list', refusal(410, 'Expired'));
    follower = new Follower(fake, { pageSize: 4 });
    await follower.watching();
    expect(follower.news()).toEqual(many(6).map(({ metadata: { name } }) => `+${name} relist`));
    expect(fake.requests.filter(({ kind }) => kind === 'list')).toHaveLength(4);
  });
});

describe('a server that fails', () => {
  it('is down at the start and for ten minutes: it is asked ever less often, and all is well once it is there', async () => {
    fake.put(thing('a'));
    const { port } = fake;
    follower = new Follower(fake);
    await fake.stop();
    await vi.waitFor(() => expect(follower.time).toBeGreaterThan(600_000), waiting);
    expect(follower.state).toBe('unreachable');
    expect(follower.reflector.synced).toBe(false);
    expect(follower.reflector.health.since).toBeLessThan(1_000);
    expect(Math.max(...follower.waits)).toBeLessThanOrEqual(30_000);
    await fake.listen(port);
    await follower.watching();
    expect(follower.news()).toEqual(['+a relist']);
  });

  it('cuts a watch in the middle of a line: the event comes again', async () => {
    follower = new Follower(fake);
    await follower.watching();
    fake.misbehave('watch', (_request, response) => {
      response.write('{"type":"ADDED","object":{"metadata":{"na');
      setImmediate(() => response.destroy());
    });
    fake.closeWatches();
    fake.put(thing('a'));
    await vi.waitFor(() => expect(follower.observations).toEqual(['+a watch']), waiting);
    await follower.watching();
  });

  it('sends a garbled line: the watch is opened anew where it was', async () => {
    follower = new Follower(fake);
    await follower.watching();
    fake.say('{"type":"ADDED","object":{"metad\n');
    await vi.waitFor(() => expect(follower.states).toContain('stalled'), waiting);
    fake.put(thing('a'));
    await vi.waitFor(() => expect(follower.observations).toEqual(['+a watch']), waiting);
  });

  it('sends garbled lines for ever: in the end everything is listed anew', async () => {
    follower = new Follower(fake);
    await follower.watching();
    fake.misbehave('watch', (_request, response) => response.end('[]\n'), 4);
    fake.say('no JSON\n');
    await vi.waitFor(() => expect(fake.requests.filter(({ kind }) => kind === 'list')).toHaveLength(2), waiting);
    await follower.watching();
  });

  it('falls silent: the watch is opened anew', async () => {
    fake.put(thing('a'));
    follower = new Follower(fake, { watchIdleMs: 300 });
    const heard = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1000"}}}\n';
    fake.misbehave('watch', (_request, response) => void response.writeHead(200).write(heard), Infinity);
    await vi.waitFor(() => expect(fake.requests.length).toBeGreaterThan(4), waiting);
    expect(fake.requests.filter(({ kind }) => kind === 'list')).toHaveLength(1);
    expect(follower.states).toEqual(expect.arrayContaining(['syncing', 'healthy', 'stalled']));
    expect(follower.news()).toEqual(['+a relist']);
  });

  it('says nothing at all, as one that was restored from a backup and is behind: everything is listed anew', async () => {
    follower = new Follower(fake, { watchIdleMs: 300 });
    await follower.watching();
    fake.misbehave('watch', (_request, response) => void response.writeHead(200).write('\n'));
    fake.closeWatches();
    await vi.waitFor(() => expect(fake.requests.at(-1)?.kind).toBe('watch'), waiting);
    fake.put(thing('a'));
    await vi.waitFor(() => expect(follower.news()).toEqual(['+a relist']), waiting);
  });

  it('is overloaded: it is left alone for as long as it asks', async () => {
    fake.misbehave('list', refusal(429, 'TooManyRequests', { 'Retry-After': '7' }));
    follower = new Follower(fake);
    await follower.watching();
    expect(follower.waits).toEqual([7_125]);
    expect(follower.states[0]).toBe('stalled');
  });
});

describe('what happens inside', () => {
  it('never stops the following: a handler that throws is reported', async () => {
    fake.put(thing('a'));
    fake.put(thing('b'));
    follower = new Follower(fake);
    follower.meddle = ({ key }) => {
      if (key === 'a') throw new Error('cannot stand a');
    };
    await follower.watching();
    expect(follower.news()).toEqual(['+b relist']);
    expect(follower.reports).toEqual(['Thing a could not be taken in: cannot stand a']);
  });

  it('takes an object that became unreadable for one that is gone, and says why', async () => {
    fake.put(thing('a'));
    follower = new Follower(fake);
    await follower.watching();
    const problems: unknown[] = [];
    follower.meddle = (observation) => problems.push(observation.problems);
    fake.put(thing('a', 'bad'));
    await vi.waitFor(() => expect(follower.observations).toEqual(['+a relist', '-a watch']), waiting);
    expect(problems).toEqual([[badData]]);
  });
});

describe('a server asked for protobuf', () => {
  const { pods } = coreMessages(new SharedTexts());

  it('may answer in JSON', async () => {
    fake.streamsLists = true;
    fake.put(thing('a', '1'));
    follower = new Follower(fake, {}, readerOf(pods));
    await follower.watching();
    expect(follower.news()).toEqual(['+a=1 relist']);
    expect(follower.reports).toEqual([]);
  });

  it.each([
    ['refuses', refusal(406, 'NotAcceptable'), 'GET /api/v1/things: fake: NotAcceptable'],
    [
      'garbles it',
      (_request: unknown, response: ServerResponse) => void response.end(Buffer.from([0, 0, 0, 1, 0x7b])),
      'the API server sent protobuf with a value of the unknown type 3',
    ],
  ])('that %s is asked for JSON at once, and keeps its streamed list', async (_, fault, why) => {
    fake.streamsLists = true;
    fake.put(thing('a', '1'));
    fake.misbehave('watch', fault);
    follower = new Follower(fake, {}, readerOf(pods));
    await follower.watching();
    expect(follower.news()).toEqual(['+a=1 relist']);
    expect(follower.reports).toEqual([`things are read as JSON from now on: ${why}`]);
    expect([follower.waits, fake.requests.map(({ kind }) => kind)]).toEqual([[], ['watch', 'watch']]);
  });
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
