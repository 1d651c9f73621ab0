import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { items, outcome, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(async () => {
  bench.sim.reset();
  await bench.post('auth/partition', { name: 'P' });
  await bench.post('auth/partition', { name: 'Q' });
});
afterAll(() => bench.close());

const lists = 'security/firewall/address-list';
const list = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  partition: 'P',
  addresses: [{ name: '10.0.0.1' }],
  ...more,
});
const refusal = async (body: unknown, path = lists): Promise<readonly unknown[]> =>
  outcome(await bench.post(path, body));
const malformed = 26_214_401;

describe('an object', () => {
  it('is shown with its kind, its path, a generation and a link; what is not set is not there', async () => {
    const created = await bench.post(lists, list('a', { description: 'x' }));
    expect([created.status, created.body]).toEqual([
      200,
      {
        kind: 'tm:security:firewall:address-list:address-liststate',
        name: 'a',
        partition: 'P',
        fullPath: '/P/a',
        generation: created.body['generation'],
        selfLink: 'https://localhost/mgmt/tm/security/firewall/address-list/~P~a?ver=17.1.1',
        addresses: [{ name: '10.0.0.1' }],
        description: 'x',
      },
    ]);
    const changed = await bench.patch(`${lists}/~P~a`, { description: 'none' });
    expect(changed.body['description']).toBeUndefined();
    expect(Number(changed.body['generation'])).toBeGreaterThan(Number(created.body['generation']));
  });

  it('is in /Common unless it says otherwise, and can be named without it', async () => {
    await bench.post(lists, { name: 'c', addresses: [{ name: '10.0.0.1' }] });
    expect((await bench.get(`${lists}/c`)).body['fullPath']).toBe('/Common/c');
    await bench.post('sys/folder', { name: 'App', partition: 'P' });
    await bench.post(lists, list('deep', { subPath: 'App' }));
    expect((await bench.get(`${lists}/~P~App~deep`)).body).toMatchObject({ subPath: 'App', fullPath: '/P/App/deep' });
  });

  it('is changed by PATCH in what is named, lists as a whole, and by PUT altogether', async () => {
    await bench.post(lists, list('a', { description: 'x', fqdns: [{ name: 'www.example.com' }] }));
    await bench.patch(`${lists}/~P~a`, { addresses: [{ name: '10.0.0.9' }, { name: '10.0.0.3' }] });
    expect((await bench.get(`${lists}/~P~a`)).body).toMatchObject({
      description: 'x',
      addresses: [{ name: '10.0.0.3' }, { name: '10.0.0.9' }],
      fqdns: [{ name: 'www.example.com' }],
    });
    const put = await bench.put(`${lists}/~P~a`, { addresses: [{ name: '10.0.0.4' }] });
    expect([put.body['addresses'], put.body['description'], put.body['fqdns']]).toEqual([
      [{ name: '10.0.0.4' }],
      undefined,
      undefined,
    ]);
  });

  it('takes back what it has answered', async () => {
    await bench.post(lists, list('inner'));
    await bench.post(lists, { name: 'outer', partition: 'P', addressLists: [{ name: 'inner', partition: 'P' }] });
    const { body } = await bench.get(`${lists}/~P~outer`);
    expect((await bench.put(`${lists}/~P~outer`, body)).body['addressLists']).toEqual(body['addressLists']);
  });

  it('is deleted with an empty answer, and is then not found', async () => {
    await bench.post(lists, list('a'));
    const deleted = await bench.delete(`${lists}/~P~a`);
    expect([deleted.status, deleted.text]).toEqual([200, '']);
    const gone = '01020036:3: The requested Firewall IP address list (/P/a) was not found.';
    expect(outcome(await bench.get(`${lists}/~P~a`))).toEqual([404, gone, 3]);
    expect(outcome(await bench.delete(`${lists}/~P~a`))).toEqual([404, gone, 3]);
  });

  it('has members added and taken out without sending the rest, as data groups do', async () => {
    await bench.post(lists, list('a'));
    const edit = async (options: string): Promise<unknown> =>
      (await bench.patch(`${lists}/~P~a?options=${encodeURIComponent(options)}`, {})).body['addresses'];
    expect(await edit('addresses add { 10.0.0.3 10.0.0.2 { } }')).toEqual(
      ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((name) => ({ name })),
    );
    expect(await edit('addresses delete { 10.0.0.1 10.0.0.3 }')).toEqual([{ name: '10.0.0.2' }]);
    expect(await edit('addresses delete { 10.0.0.1 }')).toBeUndefined();
  });

  it('shows itself under both names that it has since 14.0', async () => {
    await bench.post(lists, list('a'));
    expect((await bench.get('net/address-list/~P~a')).body['kind']).toBe('tm:net:address-list:address-liststate');
  });

  it('whose name has a route domain in it is reached by its encoded path', async () => {
    await bench.post('ltm/virtual', { name: 'v%1', partition: 'P', destination: '/P/10.0.0.1%1:80' });
    expect((await bench.get('ltm/virtual/~P~v%251')).body['fullPath']).toBe('/P/v%1');
  });
});

describe('a collection', () => {
  beforeEach(async () => {
    for (const name of ['a', 'b', 'c']) await bench.post(lists, list(name));
    await bench.post(lists, list('d', { partition: 'Q' }));
  });
  const names = async (query: string): Promise<readonly unknown[]> =>
    items(await bench.get(`${lists}?${query}`)).map(({ fullPath, name }) => fullPath ?? name);

  it('is filtered by partition, whose name is quoted', async () => {
    expect(await names("$filter=partition%20eq%20'Q'")).toEqual(['/Q/d']);
    expect((await bench.get(`${lists}?$filter=partition%20eq%20my-own`)).status).toBe(400);
    expect((await bench.get(`${lists}?$filter=name%20eq%20'a'`)).status).toBe(400);
  });

  it('has no items where it is empty', async () => {
    expect((await bench.get('security/firewall/policy')).body).toEqual({
      kind: 'tm:security:firewall:policy:policycollectionstate',
      selfLink: 'https://localhost/mgmt/tm/security/firewall/policy?ver=17.1.1',
    });
  });

  it('comes in pages, and with the properties that are asked for', async () => {
    const page = await bench.get(`${lists}?$top=3&$skip=3&$select=name`);
    expect(page.body['items']).toEqual([{ name: 'd' }]);
    expect([page.body['totalItems'], page.body['nextLink']]).toEqual([4, undefined]);
    expect((await bench.get(`${lists}?$top=3`)).body['nextLink']).toMatch(/\$skip=3$/);
  });
});

describe('what is refused', () => {
  it('what is there already, or in no folder', async () => {
    await bench.post(lists, list('a'));
    const exists = '01020066:3: The requested Firewall IP address list (/P/a) already exists in partition P.';
    expect(await refusal(list('a'))).toEqual([409, exists, 3]);
    expect(await refusal(list('a', { partition: 'R' }))).toEqual([
      400,
      'The requested folder (/R) was not found.',
      malformed,
    ]);
    expect((await refusal(list('a', { subPath: 'App' })))[1]).toBe('The requested folder (/P/App) was not found.');
  });

  it('text that looks like a tag, in the body and in the path', async () => {
    const html = [400, 'HTML Tag-like Content in the Request URL/Body', malformed];
    expect(await refusal(list('a', { description: 'a <b> c' }))).toEqual(html);
    expect(outcome(await bench.patch(`${lists}/~P~%3Ca%3E`, { description: 'x' }))).toEqual(html);
  });

  it('numbers where names are expected, no name, and no list', async () => {
    const nameless = [400, 'one or more configuration identifiers must be provided', malformed];
    expect(await refusal({ name: 'p', partition: 'P', ports: [{ name: 80 }] }, 'security/firewall/port-list')).toEqual(
      nameless,
    );
    expect(await refusal({ partition: 'P', addresses: [{ name: '10.0.0.1' }] })).toEqual(nameless);
    expect((await refusal(list('a', { addresses: '10.0.0.1' })))[1]).toBe(
      'one of the following must be specified: add, delete, modify, replace-all-with',
    );
  });

  it('a change of nothing, and one of the name', async () => {
    await bench.post(lists, list('a'));
    expect(outcome(await bench.patch(`${lists}/~P~a`, {}))).toEqual([
      400,
      'one or more properties must be specified',
      malformed,
    ]);
    expect(outcome(await bench.patch(`${lists}/~P~a`, { name: 'b', description: 'x' }))[1]).toBe(
      '"name" may not be specified in the context of the "modify" command.',
    );
  });

  it('properties and values that it does not know', async () => {
    const bodies = [
      list('a', { adresses: [] }),
      list('a', { description: 7 }),
      list('a', { addresses: [{ name: '10.0.0.300' }] }),
      list('a', { addresses: [{ name: '10.0.0.1', comment: 'x' }] }),
      list('a', { addresses: [{ name: '10.0.0.1' }, { name: '10.0.0.1/32' }] }),
      list('a', { fqdns: [{ name: '*.example.com' }] }),
      list('a', { geo: [{ name: 'Atlantis' }] }),
      list('bad name'),
      list('n'.repeat(256)),
      list('a', { description: 'x'.repeat(65_521) }),
      '[]',
      'no json',
    ];
    const answers = [];
    for (const body of bodies) answers.push((await refusal(body))[0]);
    expect(answers).toEqual([400, 400, 400, 400, 409, 400, 400, 400, 400, 400, 400, 400]);
  });

  it('a list of nothing, made so or become so', async () => {
    const empty = '01070734:3: Configuration error: Address list (/P/a) must have at least one entry';
    expect(await refusal(list('a', { addresses: [] }))).toEqual([400, empty, 3]);
    await bench.post(lists, list('a'));
    expect(outcome(await bench.patch(`${lists}/~P~a`, { addresses: [] }))).toEqual([400, empty, 3]);
    expect((await bench.get(`${lists}/~P~a`)).body['addresses']).toEqual([{ name: '10.0.0.1' }]);
  });

  it('references to nothing, to itself, and into the partition of another', async () => {
    const to = (name: string, partition: string): JsonObject => ({ addressLists: [{ name, partition }] });
    await bench.post(lists, list('q', { partition: 'Q' }));
    await bench.post(lists, list('c', { partition: 'Common' }));
    await bench.post(lists, list('a'));
    await bench.post(lists, list('b', to('a', 'P')));
    expect((await refusal(list('x', to('none', 'P'))))[0]).toBe(404);
    expect((await refusal(list('x', to('q', 'Q'))))[1]).toMatch(/^01070726:3: /);
    expect((await refusal(list('x', to('c', 'Common'))))[0]).toBe(200);
    expect(outcome(await bench.patch(`${lists}/~P~a`, to('b', 'P')))[0]).toBe(400);
  });

  it('to delete what is in use, and a partition that is not empty', async () => {
    await bench.post(lists, list('a'));
    await bench.post(lists, { name: 'b', partition: 'P', addressLists: [{ name: 'a', partition: 'P' }] });
    expect(outcome(await bench.delete(`${lists}/~P~a`))).toEqual([
      400,
      '01070734:3: Configuration error: Firewall IP address list (/P/a) cannot be deleted because it is in use by Firewall IP address list (/P/b)',
      3,
    ]);
    expect(outcome(await bench.delete('auth/partition/P'))[1]).toBe(
      '0107082a:3: You must remove all objects from a partition before removing the partition (P), type ID (4032)',
    );
    expect((await bench.delete('auth/partition/Q')).status).toBe(200);
  });

  it('paths that nobody answers, and methods that make no sense', async () => {
    const answer = await bench.get('security/firewal/policy');
    expect(outcome(answer)).toEqual([404, 'Public URI path not registered: /tm/security/firewal/policy', '']);
    expect((await bench.post('security/firewall/global-rules', {})).status).toBe(405);
    expect((await bench.delete(lists)).status).toBe(405);
  });
});

describe('older versions', () => {
  it('know less', async () => {
    const old = await startBench({ version: '11.6' });
    expect((await old.post(lists, list('a', { partition: 'Common', fqdns: [{ name: 'x.example' }] }))).status).toBe(
      400,
    );
    expect((await old.get('net/address-list')).status).toBe(404);
    expect((await old.get('security/firewall/global-fqdn-policy')).status).toBe(404);
    expect((await old.get('sys')).body['selfLink']).toBe('https://localhost/mgmt/tm/sys?ver=11.6.0');
    await old.close();
  });

  it('cut long errors, which are then no JSON', async () => {
    const long = list('a', { partition: 'Common', fqdns: [{ name: `*${'x'.repeat(4_000)}` }] });
    const [old, recent] = [await startBench({ version: '15.1' }), await startBench({ version: '16.1.0' })];
    expect((await old.post(lists, long)).text).toHaveLength(2_048);
    expect((await recent.post(lists, long)).body['code']).toBe(400);
    await Promise.all([old.close(), recent.close()]);
  });

  it('that are not simulated are refused', async () => {
    await expect(startBench({ version: '11.4' })).rejects.toThrow('TMOS 11.4 is not simulated');
    await expect(startBench({ version: 'latest' })).rejects.toThrow(RangeError);
  });
});
