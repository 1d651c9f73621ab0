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
