import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outcome, policy, results, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(() => bench.sim.reset());
afterAll(() => bench.close());

const address = { name: 'pod-a', subnet: '10.0.0.1/32', comment: 'of app-a' };

describe('the configuration database answers in the vendor envelopes', () => {
  it('answers a write with mkey and both revisions, and no results', async () => {
    const before = (await bench.get('cmdb/firewall/address')).body['revision'];
    const answer = await bench.post('cmdb/firewall/address', address);
    const after = (await bench.get('cmdb/firewall/address')).body['revision'];
    expect(answer.body).toEqual({
      http_method: 'POST',
      revision: after,
      old_revision: before,
      revision_changed: true,
      mkey: 'pod-a',
      vdom: 'root',
      path: 'firewall',
      name: 'address',
      status: 'success',
      http_status: 200,
      serial: 'FGVMSIM000000001',
      version: 'v7.4.4',
      build: 2662,
    });
    expect(after).not.toBe(before);
  });

  it('answers one entry as an array of one, keys of rows repeated', async () => {
    await bench.post('cmdb/firewall/address', address);
    await bench.post('cmdb/firewall/addrgrp', { name: 'group', member: [{ name: 'pod-a' }] });
    const answer = await bench.get('cmdb/firewall/addrgrp/group');
    expect(results(answer)).toHaveLength(1);
    expect(results(answer)[0]).toMatchObject({
      name: 'group',
      q_origin_key: 'group',
      member: [{ name: 'pod-a', q_origin_key: 'pod-a' }],
    });
  });

  it('turns a prefix into address and mask, and masks host bits away', async () => {
    await bench.post('cmdb/firewall/address', { name: 'net', subnet: '10.1.2.3/16' });
    const [row] = results(await bench.get('cmdb/firewall/address/net'));
    expect(row?.['subnet']).toBe('10.1.0.0 255.255.0.0');
  });

  it('leaves the revision alone when nothing changes', async () => {
    await bench.post('cmdb/firewall/address', address);
    const before = (await bench.get('cmdb/firewall/address')).body['revision'];
    const same = await bench.put('cmdb/firewall/address/pod-a', { ...address, subnet: '10.0.0.1 255.255.255.255' });
    expect([same.body['revision_changed'], same.body['revision'], 'old_revision' in same.body]).toEqual([
      false,
      before,
      false,
    ]);
  });

  it('puts a list into counts that speak of the whole table', async () => {
    await bench.post('cmdb/firewall/address', address);
    const { body } = await bench.get('cmdb/firewall/address?filter=name==pod-a');
    expect([body['size'], body['matched_count'], body['next_idx'], body['limit_reached']]).toEqual([3, 1, 2, false]);
  });

  it('says 404 to what is not there: entry, table, the slash form of a dotted path', async () => {
    const paths = ['firewall/address/nobody', 'firewall/nothing', 'firewall/service/custom', 'firewall'];
    const answers = await Promise.all(paths.map((path) => bench.get(`cmdb/${path}`)));
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404, 404]);
    expect((await bench.put('cmdb/firewall/address/nobody', address)).status).toBe(404);
    expect((await bench.delete('cmdb/firewall/address/nobody')).status).toBe(404);
  });

  it('keeps a name with a slash apart from the path by its encoding', async () => {
    await bench.post('cmdb/firewall/address', { name: 'a/b c', subnet: '10.0.0.9/32' });
    expect(results(await bench.get('cmdb/firewall/address/a%2Fb%20c'))[0]?.['name']).toBe('a/b c');
    expect((await bench.get('cmdb/firewall/address/a/b%20c')).status).toBe(404);
  });

  it('refuses what is no JSON object, a whole table and methods that do not belong', async () => {
    expect((await bench.post('cmdb/firewall/address', '{')).status).toBe(400);
    expect((await bench.post('cmdb/firewall/address', [address])).status).toBe(400);
    expect((await bench.put('cmdb/firewall/address', address)).status).toBe(405);
    expect((await bench.delete('cmdb/firewall/address')).status).toBe(405);
    expect((await bench.post('cmdb/firewall/address/pod-a', address)).status).toBe(405);
    expect((await bench.put('cmdb/firewall/address/all?action=move&after=none')).status).toBe(400);
    expect((await bench.post('cmdb/system/interface', { name: 'port9' })).status).toBe(405);
  });
});

describe('writes are refused with the code that the vendor documents', () => {
  it.each([
    ['a name that is too long', 'firewall/address', { name: 'x'.repeat(80) }, -1],
    ['a comment that is too long', 'firewall/address', { name: 'x', comment: 'x'.repeat(256) }, -1],
    ['a name with markup', 'firewall/address', { name: 'a<b' }, -173],
    ['a comment with a quote', 'firewall/address', { name: 'x', comment: "it's" }, -173],
    ['no name', 'firewall/address', { subnet: '10.0.0.1/32' }, -56],
    ['a bad address', 'firewall/address', { name: 'x', subnet: '10.0.0.256/32' }, -8],
    ['a mask with holes', 'firewall/address', { name: 'x', subnet: '10.0.0.0 255.0.255.0' }, -9],
    [
      'a reversed range',
      'firewall/address',
      { name: 'x', type: 'iprange', 'start-ip': '10.0.0.9', 'end-ip': '10.0.0.1' },
      -45,
    ],
    ['an unknown type', 'firewall/address', { name: 'x', type: 'host' }, -651],
    ['an unknown attribute', 'firewall/address', { name: 'x', 'no-such': 1 }, -61],
    ['a number out of range', 'firewall/address', { name: 'x', color: 33 }, -650],
    ['a name without dots in the right places', 'firewall/address', { name: 'x', type: 'fqdn', fqdn: 'a..b' }, -651],
    ['an fqdn without a name', 'firewall/address', { name: 'x', type: 'fqdn' }, -56],
    ['a bad IPv6 prefix', 'firewall/address6', { name: 'x', ip6: '10.0.0.0/8' }, -254],
    ['an entry that exists', 'firewall/address', { name: 'all' }, -5],
    ['a service without ports', 'firewall.service/custom', { name: 'x', protocol: 'TCP/UDP/SCTP' }, -651],
    ['a reversed port range', 'firewall.service/custom', { name: 'x', 'tcp-portrange': '90-80' }, -363],
    ['a service called like a group', 'firewall.service/custom', { name: 'Web Access', 'tcp-portrange': '1' }, -162],
    ['a group of nobody', 'firewall/addrgrp', { name: 'x', member: [{ name: 'nobody' }] }, -651],
    ['members that are plain text', 'firewall/addrgrp', { name: 'x', member: ['all'] }, -61],
    ['a group called like an address', 'firewall/addrgrp', { name: 'all', member: [] }, -163],
    ['a schedule that ends before it starts', 'firewall.schedule/onetime', { name: 'x', end: '00:00 2000/01/01' }, -48],
    ['a day that is none', 'firewall.schedule/recurring', { name: 'x', day: 'monday freitag' }, -651],
    ['an hour that is none', 'firewall.schedule/recurring', { name: 'x', day: 'monday', start: '25:00' }, -134],
    ['an hour of one digit', 'firewall.schedule/recurring', { name: 'x', day: 'monday', end: '9:00' }, -134],
    ['a feed without a source', 'system/external-resource', { name: 'x', type: 'address' }, -160],
  ])('%s', async (_, table, body, code) => {
    expect(outcome(await bench.post(`cmdb/${table}`, body))).toEqual([500, code]);
  });

  it.each([
    ['no source interface', { srcintf: [] }, -56],
    ['no service', { service: [] }, -56],
    ['no addresses of either family', { srcaddr: [], srcaddr6: [] }, -56],
    ['an interface that is not there', { srcintf: [{ name: 'port99' }] }, -651],
    ['a schedule that is not there', { schedule: 'sometimes' }, -651],
    ['a profile that is not there', { 'ips-sensor': 'mine' }, -651],
    ['a name that is too long', { name: 'x'.repeat(36) }, -1],
    ['a wildcard-fqdn as address', { dstaddr: [{ name: 'wild' }] }, -651],
  ])('a policy with %s', async (_, change, code) => {
    await bench.post('cmdb/firewall.wildcard-fqdn/custom', { name: 'wild', 'wildcard-fqdn': '*.example.com' });
    expect(outcome(await bench.post('cmdb/firewall/policy', policy('p', change)))).toEqual([500, code]);
  });

  it('a policy that lacks what it must have says so differently from one that has it empty', async () => {
    const { schedule: _schedule, ...rest } = policy('p');
    expect(outcome(await bench.post('cmdb/firewall/policy', rest))).toEqual([500, -160]);
    expect(outcome(await bench.post('cmdb/firewall/policy', policy('p', { schedule: '' })))).toEqual([500, -56]);
  });

  it('a second policy of the same name', async () => {
    await bench.post('cmdb/firewall/policy', policy('p'));
    expect(outcome(await bench.post('cmdb/firewall/policy', policy('p')))).toEqual([500, -15]);
  });

  it('leaves everything as it was', async () => {
    const before = bench.sim.dump();
    await bench.post('cmdb/firewall/addrgrp', { name: 'x', member: [{ name: 'all' }, { name: 'nobody' }] });
    expect(bench.sim.dump()).toEqual(before);
  });
});

describe('references hold', () => {
  beforeEach(async () => {
    await bench.post('cmdb/firewall/address', address);
    await bench.post('cmdb/firewall/addrgrp', { name: 'inner', member: [{ name: 'pod-a' }] });
    await bench.post('cmdb/firewall/addrgrp', { name: 'outer', member: [{ name: 'inner' }, { name: 'pod-a' }] });
  });

  it('an entry that is used cannot be deleted, and the answer counts its users', async () => {
    const answer = await bench.delete('cmdb/firewall/address/pod-a');
    expect(outcome(answer)).toEqual([500, -23]);
    expect(answer.body['cli_error']).toBe('The entry is used by other 2 entries\nCommand fail. Return code -23\n');
    await bench.delete('cmdb/firewall/addrgrp/outer');
    await bench.delete('cmdb/firewall/addrgrp/inner');
    expect((await bench.delete('cmdb/firewall/address/pod-a')).status).toBe(200);
  });

  it('a group cannot contain itself, at any depth', async () => {
    const through = await bench.put('cmdb/firewall/addrgrp/inner', { member: [{ name: 'pod-a' }, { name: 'outer' }] });
    expect(outcome(through)).toEqual([500, -651]);
    expect(outcome(await bench.put('cmdb/firewall/addrgrp/inner', { member: [{ name: 'inner' }] }))).toEqual([
      500, -651,
    ]);
  });

  it('addresses, groups and virtual IPs share their names', async () => {
    bench.sim.put('firewall/vip', { name: 'vip' });
    expect(outcome(await bench.post('cmdb/firewall/address', { name: 'inner' }))).toEqual([500, -163]);
    expect(outcome(await bench.post('cmdb/firewall/address', { name: 'vip' }))).toEqual([500, -164]);
    expect(outcome(await bench.post('cmdb/firewall/addrgrp', { name: 'vip', member: [] }))).toEqual([500, -165]);
  });

  it('members of one group are bound to one interface', async () => {
    for (const port of ['port1', 'port2']) {
      await bench.post('cmdb/firewall/address', { name: `at-${port}`, 'associated-interface': port });
    }
    const mixed = [{ name: 'at-port1' }, { name: 'at-port2' }, { name: 'pod-a' }];
    expect(outcome(await bench.post('cmdb/firewall/addrgrp', { name: 'mixed', member: mixed }))).toEqual([500, -651]);
    expect((await bench.post('cmdb/firewall/addrgrp', { name: 'one', member: mixed.slice(1) })).status).toBe(200);
  });

  it('counts references on request', async () => {
    const answer = await bench.get('cmdb/firewall/address/pod-a?with_meta=1');
    expect(results(answer)[0]?.['q_ref']).toBe(2);
    expect('q_ref' in (results(await bench.get('cmdb/firewall/address/pod-a'))[0] ?? {})).toBe(false);
  });

  it('a feed is no member of a group, but of a policy', async () => {
    await bench.post('cmdb/system/external-resource', { name: 'feed', type: 'address', 'update-method': 'push' });
    await bench.post('cmdb/system/external-resource', { name: 'names', type: 'domain', 'update-method': 'push' });
    const group = await bench.post('cmdb/firewall/addrgrp', { name: 'x', member: [{ name: 'feed' }] });
    expect(outcome(group)).toEqual([500, -651]);
    const good = policy('good', { srcaddr: [{ name: 'feed' }] });
    expect((await bench.post('cmdb/firewall/policy', good)).status).toBe(200);
    expect(outcome(await bench.delete('cmdb/system/external-resource/feed'))).toEqual([500, -23]);
    const bad = policy('bad', { srcaddr: [{ name: 'names' }] });
    expect(outcome(await bench.post('cmdb/firewall/policy', bad))).toEqual([500, -651]);
  });
});

describe('policies are an ordered table', () => {
  const order = async (): Promise<unknown[]> =>
    results(await bench.get('cmdb/firewall/policy?format=policyid')).map((row) => row['policyid']);

  it('numbers what has no number, and appends', async () => {
    const first = await bench.post('cmdb/firewall/policy', policy('a', { policyid: 7 }));
    const second = await bench.post('cmdb/firewall/policy', policy('b', { policyid: 0 }));
    const third = await bench.post('cmdb/firewall/policy', policy('c'));
    expect([first, second, third].map((answer) => answer.body['mkey'])).toEqual([7, 8, 9]);
    expect(await order()).toEqual([7, 8, 9]);
    expect(outcome(await bench.post('cmdb/firewall/policy', policy('d', { policyid: 7 })))).toEqual([500, -5]);
  });

  it('denies unless told otherwise', async () => {
    const { action: _action, ...rest } = policy('a');
    await bench.post('cmdb/firewall/policy', rest);
    expect(results(await bench.get('cmdb/firewall/policy/1'))[0]?.['action']).toBe('deny');
  });

  it('moves before and after, and tells when nothing moved', async () => {
    for (const name of ['a', 'b', 'c']) await bench.post('cmdb/firewall/policy', policy(name));
    await bench.put('cmdb/firewall/policy/3?action=move&before=1');
    expect(await order()).toEqual([3, 1, 2]);
    await bench.put('cmdb/firewall/policy/3?action=move&after=1');
    expect(await order()).toEqual([1, 3, 2]);
    const still = await bench.put('cmdb/firewall/policy/3?action=move&after=1');
    expect(still.body['revision_changed']).toBe(false);
  });

  it('refuses a move that says not where, or to nowhere', async () => {
    await bench.post('cmdb/firewall/policy', policy('a'));
    expect((await bench.put('cmdb/firewall/policy/1?action=move')).status).toBe(400);
    expect(outcome(await bench.put('cmdb/firewall/policy/1?action=move&after=9'))).toEqual([500, -3]);
    expect((await bench.put('cmdb/firewall/policy/9?action=move&after=1')).status).toBe(404);
  });

  it('changes what is sent and keeps the rest; a list that is sent is the whole list', async () => {
    await bench.post('cmdb/firewall/policy', policy('a', { comments: 'first', service: [{ name: 'HTTPS' }] }));
    await bench.put('cmdb/firewall/policy/1', { service: [{ name: 'DNS' }, { name: 'SSH' }] });
    const [row] = results(await bench.get('cmdb/firewall/policy/1'));
    expect([row?.['comments'], row?.['name']]).toEqual(['first', 'a']);
    expect(row?.['service']).toEqual([
      { name: 'DNS', q_origin_key: 'DNS' },
      { name: 'SSH', q_origin_key: 'SSH' },
    ]);
  });

  it('clones under a new number', async () => {
    await bench.post('cmdb/firewall/policy', policy('a'));
    expect((await bench.post('cmdb/firewall/policy/1?action=clone&nkey=5')).body['mkey']).toBe(5);
    expect(await order()).toEqual([1, 5]);
  });

  it('takes the uuid that it is given', async () => {
    const uuid = '0d3c1f06-6f3e-51ef-8000-0242ac120002';
    await bench.post('cmdb/firewall/policy', policy('a', { uuid }));
    expect(results(await bench.get('cmdb/firewall/policy/1'))[0]?.['uuid']).toBe(uuid);
  });
});
