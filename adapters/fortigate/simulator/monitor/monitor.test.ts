import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { addressesOf } from '../../../../kit/simulator/traffic/names.ts';
import { formatAddress } from '../../../../src/net/address.ts';
import { outcome, policy, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
let now = 0;
beforeAll(async () => {
  bench = await startBench({ version: '7.6', now: () => now, feedEntries: 5 });
});
beforeEach(() => {
  now = Date.UTC(2026, 0, 5);
  bench.sim.reset();
});
afterAll(() => bench.close());

const get = async (path: string): Promise<Json> => (await bench.get(`monitor/${path}`)).body['results'] ?? null;
const post = async (path: string, body: unknown): Promise<Json> =>
  (await bench.post(`monitor/${path}`, body)).body['results'] ?? null;

describe('monitor answers', () => {
  it('have neither revision nor http_status', async () => {
    const { body } = await bench.get('monitor/system/status');
    expect(Object.keys(body).sort()).toEqual(
      ['action', 'build', 'http_method', 'name', 'path', 'results', 'serial', 'status', 'vdom', 'version'].sort(),
    );
    expect([body['version'], body['action'], body['name']]).toEqual(['v7.6.5', 'select', 'status']);
  });

  it('are not given for what is not there', async () => {
    expect((await bench.get('monitor/system/nothing')).status).toBe(404);
    expect((await bench.get('monitor/firewall/policy/select')).status).toBe(404);
    expect((await bench.post('monitor/system/status', {})).status).toBe(405);
  });
});

describe('policy statistics', () => {
  const flow = { src: '10.0.0.1', dst: '192.0.2.1', port: 443, protocol: 'TCP' } as const;

  it('count hits and sessions, and the implicit deny as policy 0', async () => {
    bench.sim.put('firewall/policy', policy('p', { service: [{ name: 'HTTPS' }] }));
    bench.sim.put('firewall/policy', policy('unused', { service: [{ name: 'SSH' }] }));
    bench.sim.verdict(flow);
    now += 5_000;
    bench.sim.verdict(flow);
    bench.sim.verdict({ ...flow, port: 1 });
    const rows = (await get('firewall/policy')) as readonly JsonObject[];
    const first = Date.UTC(2026, 0, 5) / 1_000;
    expect(rows.map(({ policyid, hit_count, active_sessions }) => [policyid, hit_count, active_sessions])).toEqual([
      [1, 2, 1],
      [2, undefined, 0],
      [0, 1, 0],
    ]);
    expect([rows[0]?.['first_used'], rows[0]?.['last_used']]).toEqual([first, first + 5]);
    expect(await get('firewall/policy?policyid=2')).toHaveLength(1);
    await bench.post('monitor/firewall/policy/clear_counters', { policy: 1 });
    expect('hit_count' in ((await get('firewall/policy?policyid=1')) as readonly JsonObject[])[0]!).toBe(false);
  });

  it('sessions end when told to, those that were meant', async () => {
    bench.sim.put('firewall/policy', policy('p'));
    bench.sim.verdict(flow);
    bench.sim.verdict({ ...flow, src: '10.0.0.2' });
    expect(await post('firewall/session/close-multiple', { saddr: '10.0.0.1', proto: 'tcp' })).toEqual({ closed: 1 });
    expect(await get('firewall/sessions')).toMatchObject({ details: [{ saddr: '10.0.0.2' }] });
  });

  it('sessions of IPv6 are told and ended by themselves', async () => {
    bench.sim.put('firewall/policy', policy('p', { srcaddr6: [{ name: 'all' }], dstaddr6: [{ name: 'all' }] }));
    bench.sim.verdict(flow);
    bench.sim.verdict({ ...flow, src: '2001:db8::1', dst: '2001:db8:1::1' });
    const six = { summary: { matched_count: 1 }, details: [{ saddr: '2001:db8::1' }] };
    expect(await get('firewall/sessions?ip_version=ipv6&count=9')).toMatchObject(six);
    expect(await get('firewall/sessions?count=1')).toMatchObject({ summary: { matched_count: 2 }, details: [{}] });
    expect(await post('firewall/session6/close-multiple', { dport: 443 })).toEqual({ closed: 1 });
    expect(await get('firewall/sessions')).toMatchObject({ details: [{ saddr: '10.0.0.1' }] });
  });

  it('lookup evaluates the table for one packet', async () => {
    bench.sim.put('firewall/address', { name: 'site', type: 'fqdn', fqdn: 'www.example.com' });
    bench.sim.put('firewall/policy', policy('off', { status: 'disable' }));
    bench.sim.put('firewall/policy', policy('p', { srcintf: [{ name: 'port1' }], dstaddr: [{ name: 'site' }] }));
    const [dest = ''] = addressesOf('www.example.com').map(formatAddress);
    const query = `sourceip=10.0.0.1&protocol=tcp&dest=${dest}&destport=443`;
    const hit = { match: true, success: true, policy_id: 2, policy_action: 'accept', matched_policy_type: 'policy' };
    expect(await get(`firewall/policy-lookup?srcintf=port1&${query}`)).toEqual(hit);
    expect(await get(`firewall/policy-lookup?srcintf=port2&${query}`)).toEqual({
      match: false,
      success: true,
      policy_id: 0,
      policy_action: 'deny',
    });
    expect((await bench.get(`monitor/firewall/policy-lookup?${query}`)).status).toBe(400);
    expect((await bench.get(`monitor/firewall/policy-lookup?srcintf=port99&${query}`)).status).toBe(404);
  });
});

describe('pushed feeds', () => {
  const push = (...commands: readonly JsonObject[]): Promise<Json> =>
    post('system/external-resource/dynamic', { commands });
  const entries = async (mkey = 'feed'): Promise<JsonObject> =>
    (await get(`system/external-resource/entry-list?mkey=${mkey}`)) as JsonObject;
  const listed = async (): Promise<unknown[]> =>
    ((await entries())['entries'] as readonly { entry: string }[]).map(({ entry }) => entry);
  const verdict = (src: string): string =>
    bench.sim.verdict({ src, dst: src.includes(':') ? '2001:db8:f::1' : '192.0.2.1', port: 1, protocol: 'TCP' }).rule;

  beforeEach(() => {
    bench.sim.put('system/external-resource', { name: 'feed', type: 'address', 'update-method': 'push' });
    bench.sim.put('system/external-resource', { name: 'pulled', type: 'address', resource: 'https://lists.example/a' });
    bench.sim.put(
      'firewall/policy',
      policy('p', { srcaddr: [{ name: 'feed' }], srcaddr6: [{ name: 'feed' }], dstaddr6: [{ name: 'all' }] }),
    );
  });

  it('are replaced, added to and taken from, and decide at once', async () => {
    expect(verdict('10.0.0.1')).toBe('implicit');
    await push({
      name: 'feed',
      command: 'snapshot',
      entries: ['10.0.0.1', '10.1.0.0/24', '10.2.0.1-10.2.0.9', '2001:DB8::1'],
    });
    expect(['10.0.0.1', '10.1.0.77', '10.2.0.9', '10.2.0.10', '2001:db8::1', '2001:db8::2'].map(verdict)).toEqual([
      'p',
      'p',
      'p',
      'implicit',
      'p',
      'implicit',
    ]);
    await push(
      { name: 'feed', command: 'add', entries: ['10.0.0.2'] },
      { name: 'feed', command: 'remove', entries: ['10.0.0.1', '10.1.0.0/24'] },
    );
    expect(await listed()).toEqual(['10.2.0.1-10.2.0.9', '2001:db8::1', '10.0.0.2']);
    expect(['10.0.0.1', '10.1.0.77', '10.0.0.2'].map(verdict)).toEqual(['implicit', 'implicit', 'p']);
    await push({ name: 'feed', command: 'snapshot', entries: [] });
    expect(verdict('10.0.0.2')).toBe('implicit');
  });

  it('answer every command by itself', async () => {
    const ok = { name: 'feed', command: 'add', status: 'success', invalidEntries: ['10.0.0.300', 'x.example'] };
    const failed = (name: string, command: string, error: string): JsonObject => ({
      name,
      command,
      status: 'error',
      error,
      invalidEntries: [],
    });
    expect(
      await push(
        { name: 'nobody', command: 'add', entries: ['10.0.0.1'] },
        { name: 'feed', command: 'add', entries: ['10.0.0.1', '10.0.0.300', 'x.example'] },
        { name: 'pulled', command: 'add', entries: ['10.0.0.1'] },
        { name: 'feed', command: 'dance', entries: [] },
      ),
    ).toEqual([
      failed('nobody', 'add', 'entry not found'),
      ok,
      failed('pulled', 'add', 'update method is not push'),
      failed('feed', 'dance', 'unknown command'),
    ]);
    expect(await listed()).toEqual(['10.0.0.1']);
  });

  it('lose what is over the limit without a word, which only the list tells', async () => {
    const many = Array.from({ length: 7 }, (_, index) => `10.0.0.${index + 1}`);
    expect(await push({ name: 'feed', command: 'add', entries: many })).toMatchObject([{ status: 'success' }]);
    expect(verdict('10.0.0.6')).toBe('implicit');
    const list = await entries();
    expect([list['valid_count'], list['accepted_limit'], list['overflow']]).toEqual([5, 5, true]);
    expect('entries' in ((await get('system/external-resource/entry-list?mkey=feed&counts_only=true')) as object)).toBe(
      false,
    );
  });

  it('go with their entry, and do not change the revision of the table', async () => {
    const revision = async (): Promise<unknown> => (await bench.get('cmdb/system/external-resource')).body['revision'];
    const before = await revision();
    await push({ name: 'feed', command: 'add', entries: ['10.0.0.1'] });
    expect(await revision()).toBe(before);
    bench.sim.remove('firewall/policy', '1');
    bench.sim.remove('system/external-resource', 'feed');
    bench.sim.put('system/external-resource', { name: 'feed', type: 'address', 'update-method': 'push' });
    expect((await entries())['valid_count']).toBe(0);
  });

  it('are refused as a whole without commands, and unknown feeds to refresh', async () => {
    expect((await bench.post('monitor/system/external-resource/dynamic', {})).status).toBe(400);
    expect((await bench.post('monitor/system/external-resource/refresh', { mkey: 'nobody' })).status).toBe(404);
    expect((await bench.post('monitor/system/external-resource/refresh', { mkey: 'pulled' })).status).toBe(200);
  });
});

describe('a generic connector', () => {
  const fill = (addresses: readonly JsonObject[]): Promise<{ readonly status: number }> =>
    bench.post('monitor/system/external-resource/generic-address', {
      mkey: 'k8s',
      data: JSON.stringify({ addresses }),
    });

  it('makes dynamic addresses of a document, IPv4 only, and takes back those that it no longer has', async () => {
    bench.sim.put('system/external-resource', {
      name: 'k8s',
      type: 'generic-address',
      'update-method': 'push',
      namespace: 'k8s',
    });
    const app = { name: 'app', value: ['10.0.0.1', '10.0.1.1-10.0.1.9', '2001:db8::1'], description: 'x' };
    expect((await fill([app, { name: 'old', value: ['10.9.9.9'] }])).status).toBe(200);
    expect(await get('firewall/address-dynamic?mkey=k8s_app')).toEqual({
      k8s_app: { addrs: ['10.0.0.1', '10.0.1.1-10.0.1.9'], addrs_count: 2, subtype: 'external-resource' },
    });
    bench.sim.put('firewall/policy', policy('p', { srcaddr: [{ name: 'k8s_app' }] }));
    expect(bench.sim.verdict({ src: '10.0.1.5', dst: '192.0.2.1', port: 1, protocol: 'TCP' }).rule).toBe('p');
    await fill([app]);
    expect(Object.keys((await get('firewall/address-dynamic')) as object)).toEqual(['k8s_app']);
    expect(
      outcome(
        await bench.post('cmdb/system/external-resource', {
          name: 'x',
          type: 'generic-address',
          'update-method': 'push',
        }),
      ),
    ).toEqual([500, -160]);
  });
});

describe('the system', () => {
  it('tells who refers to an object', async () => {
    bench.sim.put('firewall/addrgrp', { name: 'g', member: [{ name: 'all' }] });
    bench.sim.put('firewall/policy', policy('p'));
    expect(await get('system/object/usage?q_path=firewall&q_name=address&mkey=all')).toEqual({
      currently_using: [
        { path: 'firewall', name: 'addrgrp', attribute: 'name', mkey: 'g' },
        { path: 'firewall', name: 'policy', attribute: 'policyid', mkey: '1' },
      ],
      can_use: [],
    });
    expect((await bench.get('monitor/system/object/usage?q_path=firewall&q_name=address&mkey=x')).status).toBe(404);
    expect((await bench.get('monitor/system/object/usage')).status).toBe(400);
  });

  it('resolves names for itself, wildcards from what clients ask for', async () => {
    bench.sim.put('firewall/address', { name: 'site', type: 'fqdn', fqdn: 'www.example.com' });
    bench.sim.put('firewall/address', { name: 'wild', type: 'fqdn', fqdn: '*.example.org' });
    bench.sim.verdict({ src: '10.0.0.1', host: 'a.example.org', port: 1, protocol: 'TCP' });
    const addrs = (name: string): readonly string[] => addressesOf(name).slice(0, 1).map(formatAddress);
    expect(await get('firewall/address-fqdns')).toEqual([
      { name: 'site', fqdn: 'www.example.com', addrs: addrs('www.example.com'), addrs_count: 1, wildcard: false },
      { name: 'wild', fqdn: '*.example.org', addrs: addrs('a.example.org'), addrs_count: 1, wildcard: true },
    ]);
  });

  it('tells what its tables hold', async () => {
    const resources = (await get('system/vdom-resource')) as Readonly<Record<string, JsonObject>>;
    expect(resources['firewall-address']).toMatchObject({ current_usage: 2, global_max: 20_000 });
  });

  it('has a checksum that changes with the configuration', async () => {
    const checksum = async (): Promise<unknown> =>
      ((await get('system/ha-checksums')) as readonly { readonly checksum: { readonly all: string } }[])[0]?.checksum
        .all;
    const before = await checksum();
    bench.sim.put('firewall/address', { name: 'a' });
    expect(await checksum()).not.toBe(before);
    bench.sim.remove('firewall/address', 'a');
    expect(await checksum()).toBe(before);
  });

  it('goes back to what was saved', async () => {
    bench.sim.put('firewall/address', { name: 'kept' });
    expect(await get('system/config-revision')).toEqual({ current_config_unsaved: true });
    await bench.post('monitor/system/config-revision/save', { comments: 'before the change' });
    expect(await get('system/config-revision')).toEqual({ current_config_unsaved: false });
    bench.sim.put('firewall/address', { name: 'lost' });
    bench.sim.revert();
    expect((await bench.get('cmdb/firewall/address/kept')).status).toBe(200);
    expect((await bench.get('cmdb/firewall/address/lost')).status).toBe(404);
  });

  it('says whether a FortiManager manages it, in the place that its version has for it', async () => {
    const told = async (version: string, managed: boolean): Promise<readonly unknown[]> => {
      const device = await startBench({ version, managed });
      const paths = ['monitor/system/fortimanager/status', 'monitor/system/central-management/status'];
      const answers = [await device.get(paths[0] ?? ''), await device.get(paths[1] ?? '')];
      await device.close();
      return answers.map(({ status, body }) => (status === 200 ? body['results'] : status));
    };
    const down = { mode: 'normal', status: 'down' };
    const up = { mode: 'normal', status: 'up' };
    expect(await told('7.2', false)).toEqual([{ ...down, registration: 'unknown' }, 404]);
    expect(await told('7.4.0', true)).toEqual([
      { ...up, registration: 'registered' },
      { ...up, registration_status: 'registered' },
    ]);
    expect(await told('7.6', true)).toEqual([404, { ...up, registration_status: 'registered' }]);
  });

  it('lists its virtual domains', async () => {
    const device = await startBench({ vdoms: ['root', 'tenant'] });
    const { body } = await device.get('cmdb/system/vdom?format=name');
    const refused = await device.post('cmdb/system/vdom', { name: 'more' });
    await device.close();
    expect((body['results'] as readonly JsonObject[]).map(({ name }) => name)).toEqual(['root', 'tenant']);
    expect(refused.status).toBe(405);
  });
});
