import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outcome, policy, results, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
  for (const [name, comment] of [
    ['beta', 'of k8s.io/team'],
    ['Alpha', 'first, of all'],
    ['gamma', 'a\\b'],
  ] as const) {
    await bench.post('cmdb/firewall/address', { name, comment, color: name.length });
  }
  await bench.post('cmdb/firewall/addrgrp', { name: 'group', member: [{ name: 'beta' }, { name: 'gamma' }] });
});
afterAll(() => bench.close());

const names = async (query: string): Promise<unknown[]> =>
  results(await bench.get(`cmdb/firewall/address?${query}`)).map((row) => row['name']);
const filtered = (...filters: string[]): Promise<unknown[]> =>
  names(filters.map((filter) => `filter=${encodeURIComponent(filter)}`).join('&'));

describe('filters', () => {
  it.each([
    ['name==Alpha', ['Alpha']],
    ['name==alpha', []],
    ['name=*alpha', ['Alpha']],
    ['name!=Alpha', ['all', 'none', 'beta', 'gamma']],
    ['name!*ALPHA', ['all', 'none', 'beta', 'gamma']],
    ['name=@A', ['all', 'beta', 'Alpha', 'gamma']],
    ['name!@A', ['none']],
    ['color>=5', ['Alpha', 'gamma']],
    ['color<5', ['all', 'none', 'beta']],
    ['color>4', ['Alpha', 'gamma']],
    ['color<=4', ['all', 'none', 'beta']],
    ['name==beta,name==gamma', ['beta', 'gamma']],
    ['name==beta,gamma', ['beta', 'gamma']],
    ['name!=beta,gamma', ['all', 'none', 'Alpha']],
    ['comment=@first\\, of', ['Alpha']],
    ['no-such==1', []],
  ])('%s', async (filter, expected) => {
    expect(await filtered(filter)).toEqual(expected);
  });

  it('all hold when there are several', async () => {
    expect(await filtered('color>=5', 'name=@gam')).toEqual(['gamma']);
  });

  it('take a dot and a backslash with its escape only', async () => {
    expect(await filtered('comment=@k8s.io')).toEqual([]);
    expect(await filtered('comment=@k8s\\.io')).toEqual(['beta']);
    expect(await filtered('comment==a\\b')).toEqual([]);
    expect(await filtered('comment==a\\\\b')).toEqual(['gamma']);
  });

  it('look into child tables', async () => {
    const answer = await bench.get(`cmdb/firewall/addrgrp?filter=${encodeURIComponent('member.name==gamma')}`);
    expect(results(answer).map((row) => row['name'])).toEqual(['group']);
  });

  it('that say nothing are refused', async () => {
    expect((await bench.get('cmdb/firewall/address?filter=name')).status).toBe(400);
  });
});

describe('pages', () => {
  it('come after filtering and sorting', async () => {
    expect(await names('sort=name&start=1&count=2')).toEqual(['all', 'beta']);
    expect(await names('sort=name,desc&start=0&count=2')).toEqual(['none', 'gamma']);
  });

  it('are refused beyond the end, and everything when both together go beyond it', async () => {
    expect(outcome(await bench.get('cmdb/firewall/address?start=6&count=1'))).toEqual([500, -650]);
    expect(outcome(await bench.get('cmdb/firewall/address?start=0&count=6'))).toEqual([500, -650]);
    expect(await names('start=4&count=3')).toHaveLength(5);
    expect(await names('start=0&count=0')).toHaveLength(5);
    expect(await names('start=-1&count=2')).toHaveLength(5);
    expect((await bench.get('cmdb/firewall/address?start=x')).status).toBe(400);
  });
});

describe('formats', () => {
  const row = async (query: string): Promise<unknown> =>
    results(await bench.get(`cmdb/firewall/address/beta?${query}`))[0];

  it('give the fields that are asked for, or all when one is not known', async () => {
    expect(await row('format=name|color')).toEqual({ name: 'beta', color: 4, q_origin_key: 'beta' });
    expect(Object.keys((await row('format=name|no-such')) as object).length).toBeGreaterThan(20);
  });

  it('leave out what nobody has set', async () => {
    const shown = (await row('exclude-default-values=true')) as object;
    expect(Object.keys(shown).sort()).toEqual(['color', 'comment', 'name', 'q_origin_key', 'uuid']);
  });

  it('add a checksum of the content, which changes with it', async () => {
    const hash = async (): Promise<unknown> =>
      ((await row('with_contents_hash=1')) as { readonly q_contents_hash?: string }).q_contents_hash;
    const before = await hash();
    expect(before).toMatch(/^[0-9a-f]{32}$/);
    await bench.put('cmdb/firewall/address/beta', { 'cache-ttl': 60 });
    expect(await hash()).not.toBe(before);
    await bench.put('cmdb/firewall/address/beta', { 'cache-ttl': 0 });
    expect(await hash()).toBe(before);
  });
});

describe('actions', () => {
  it('schema tells the limits of this device', async () => {
    const limited = await startBench({
      limits: { tables: { 'firewall/addrgrp': 7 }, items: { 'firewall/addrgrp.member': 3 } },
    });
    const { body } = await limited.get('cmdb/firewall/addrgrp?action=schema');
    await limited.close();
    expect(body['results']).toMatchObject({
      name: 'addrgrp',
      mkey: 'name',
      max_table_size_vdom: 7,
      children: { name: { size: 79 }, member: { category: 'table', mkey: 'name', max_table_size_item: 3 } },
    });
  });

  it('default tells what an entry has that says nothing', async () => {
    const { body } = await bench.get('cmdb/firewall/policy?action=default');
    expect(body['results']).toMatchObject({ action: 'deny', status: 'enable', logtraffic: 'utm', schedule: '' });
  });

  it('others are no request', async () => {
    expect((await bench.get('cmdb/firewall/address?action=dance')).status).toBe(400);
    expect((await bench.post('cmdb/firewall/policy?action=move', policy('p'))).status).toBe(400);
  });
});
