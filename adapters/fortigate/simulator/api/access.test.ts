import { afterEach, describe, expect, it } from 'vitest';
import type { FortigateOptions } from '../simulator.ts';
import { outcome, results, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
afterEach(() => bench.close());
const start = async (options: Partial<FortigateOptions> = {}): Promise<void> => {
  bench = await startBench(options);
};
const status = 'monitor/system/status';

describe('nobody gets in without a token', () => {
  it('refuses none, a wrong one, and since 7.4.5 the right one in the URL', async () => {
    await start({ version: '7.4.5', lockout: { threshold: 9, durationMs: 1 } });
    const right = bench.sim.credentials['token'] ?? '';
    const answers = [
      await bench.call('GET', status, { token: '' }),
      await bench.call('GET', status, { token: 'x'.repeat(30) }),
      await bench.call('GET', `${status}?access_token=${right}`, { token: '' }),
      await bench.call('GET', 'cmdb/firewall/nothing', { token: '' }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([401, 401, 401, 401]);
    expect(answers.map((answer) => answer.body['status'])).toEqual(['error', 'error', 'error', 'error']);
  });

  it('answers with a page on versions that do', async () => {
    await start({ version: '7.0' });
    const answer = await bench.call('GET', status, { token: '' });
    expect([answer.status, answer.headers['content-type'], answer.text.startsWith('<!DOCTYPE HTML')]).toEqual([
      401,
      'text/html',
      true,
    ]);
  });

  it('takes a token from the URL before 7.4.5 unless told not to', async () => {
    await start({ version: '7.4.4' });
    const path = `${status}?access_token=${bench.sim.credentials['token'] ?? ''}`;
    expect((await bench.call('GET', path, { token: '' })).status).toBe(200);
    await bench.close();
    await start({ version: '7.4.4', restApiKeyUrlQuery: false });
    expect((await bench.call('GET', path, { token: '' })).status).toBe(401);
  });

  it('takes a token from the URL when told to, and writes it down nowhere', async () => {
    await start({ version: '7.6', restApiKeyUrlQuery: true });
    const right = bench.sim.credentials['token'] ?? '';
    expect((await bench.call('GET', `${status}?access_token=${right}&vdom=root`, { token: '' })).status).toBe(200);
    expect(bench.sim.requests().map(({ path }) => path)).toEqual([
      '/api/v2/monitor/system/status?access_token=withheld&vdom=root',
    ]);
  });

  it('locks an address out after too many failures, whatever it sends then, until the time is over', async () => {
    let now = 1_000_000;
    await start({ now: () => now, lockout: { threshold: 3, durationMs: 60_000 } });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await bench.call('GET', status, { token: 'wrong' })).status).toBe(401);
    }
    const locked = await bench.get(status);
    expect([locked.status, locked.text.includes('429 Too Many Requests')]).toEqual([429, true]);
    expect((await bench.call('GET', status, { localAddress: '127.0.0.9' })).status).toBe(200);
    now += 60_001;
    expect((await bench.get(status)).status).toBe(200);
    expect((await bench.call('GET', status, { token: 'wrong' })).status).toBe(401);
    expect((await bench.get(status)).status).toBe(200);
  });

  it('a token is good from trusted hosts only', async () => {
    await start({ trusthosts: ['127.0.0.2/32'] });
    expect((await bench.get(status)).status).toBe(401);
    expect((await bench.call('GET', status, { localAddress: '127.0.0.2' })).status).toBe(200);
  });

  it('refuses to trust everybody', async () => {
    await start();
    await expect(startBench({ trusthosts: ['0.0.0.0/0'] })).rejects.toThrow('0.0.0.0/0 is not a trusted host');
  });

  it('a new key replaces the old one at once', async () => {
    await start();
    const answer = await bench.post('monitor/system/api-user/generate-key', { 'api-user': 'postern' });
    const { api_key: key } = answer.body['results'] as { readonly api_key: string };
    expect((await bench.get(status)).status).toBe(401);
    expect((await bench.call('GET', status, { token: key })).status).toBe(200);
  });
});

describe('the web server before the API', () => {
  it('takes no body that is larger than it is set to', async () => {
    await start({ maxBodyBytes: 100 });
    const large = await bench.post('cmdb/firewall/address', { name: 'x', comment: 'y'.repeat(100) });
    expect([large.status, large.headers['content-type']]).toEqual([413, 'text/html']);
    expect((await bench.post('cmdb/firewall/address', { name: 'x' })).status).toBe(200);
  });

  it('knows nothing but the API, and no path that is not well encoded', async () => {
    await start();
    expect((await bench.get('/ng/system')).status).toBe(404);
    expect((await bench.get('cmdb/firewall/address/%zz')).status).toBe(404);
    expect((await bench.call('PATCH', 'cmdb/firewall/address/all')).status).toBe(400);
  });
});

describe('a token does what its access profile lets it', () => {
  it('reads and writes by access group; system status is for everybody', async () => {
    await start({ permissions: { 'fwgrp.address': 'read', 'fwgrp.policy': 'none', 'sysgrp.cfg': 'none' } });
    const statuses = [
      await bench.get('cmdb/firewall/address'),
      await bench.post('cmdb/firewall/address', { name: 'x' }),
      await bench.get('cmdb/firewall/policy'),
      await bench.post('cmdb/firewall.service/custom', { name: 'x', 'tcp-portrange': '1' }),
      await bench.get('monitor/firewall/policy'),
      await bench.post('monitor/system/external-resource/dynamic', { commands: [] }),
      await bench.get(status),
      await bench.get('monitor/system/object/usage?q_path=firewall&q_name=address&mkey=all'),
    ].map((answer) => answer.status);
    expect(statuses).toEqual([200, 403, 403, 200, 403, 403, 200, 200]);
  });

  it('sees its own VDOMs only', async () => {
    await start({ vdoms: ['root', 'tenant', 'other'], tokenVdoms: ['root', 'tenant'] });
    expect((await bench.get('cmdb/firewall/address?vdom=tenant')).status).toBe(200);
    expect((await bench.get('cmdb/firewall/address?vdom=other')).status).toBe(403);
    expect((await bench.get('cmdb/firewall/address?vdom=nowhere')).status).toBe(403);
  });
});

describe('a VDOM is a device of its own', () => {
  it('keeps its tables; absent means the management VDOM; several are answered as a list', async () => {
    await start({ vdoms: ['mgmt', 'tenant'] });
    await bench.post('cmdb/firewall/address?vdom=tenant', { name: 'there' });
    expect((await bench.get('cmdb/firewall/address/there')).status).toBe(404);
    expect((await bench.get('cmdb/firewall/address/there?vdom=tenant')).status).toBe(200);
    expect((await bench.get('cmdb/firewall/address')).body['vdom']).toBe('mgmt');
    const both = JSON.parse((await bench.get('cmdb/firewall/address?vdom=*')).text) as { vdom: string }[];
    expect(both.map(({ vdom }) => vdom)).toEqual(['mgmt', 'tenant']);
    const named = JSON.parse((await bench.get('monitor/firewall/policy?vdom=tenant,mgmt')).text) as { vdom: string }[];
    expect(named.map(({ vdom }) => vdom)).toEqual(['tenant', 'mgmt']);
    const global = JSON.parse((await bench.get('cmdb/system/external-resource?global=1')).text) as unknown[];
    expect(global).toHaveLength(1);
  });
});

describe('a session with a password', () => {
  const admin = { username: 'admin', password: 'p4ss "word"' };
  const form = `username=admin&secretkey=${encodeURIComponent(admin.password)}&ajax=1`;

  it('gives a key that works as a token, until it logs out', async () => {
    await start({ admin });
    const body = { username: 'admin', secretkey: admin.password, request_key: true };
    const login = await bench.call('POST', 'authentication', { body, token: '' });
    expect(login.body['status_message']).toBe('LOGIN_SUCCESS');
    const token = login.body['session_key'] as string;
    expect((await bench.call('POST', 'cmdb/firewall/address', { token, body: { name: 'x' } })).status).toBe(200);
    await bench.call('DELETE', 'authentication', { token });
    expect((await bench.call('GET', status, { token })).status).toBe(401);
    expect(bench.sim.requests()[0]?.body).toBe('withheld');
  });

  it('by form gives cookies, with which a write needs the token against forgery', async () => {
    await start({ admin });
    const login = await bench.call('POST', '/logincheck', { body: form, token: '' });
    expect(login.text.startsWith('1')).toBe(true);
    const set = [login.headers['set-cookie'] ?? ''].flat().join(', ');
    const cookie = /session_key_\d+="[^"]*"/.exec(set)?.[0] ?? '';
    const csrf = /ccsrftoken_\d+="([^"]*)"/.exec(set)?.[1] ?? '';
    const write = (headers: Record<string, string>): Promise<unknown> =>
      bench.call('POST', 'cmdb/firewall/address', { token: '', headers, body: { name: 'x' } }).then(outcome);
    expect((await bench.call('GET', status, { token: '', headers: { cookie } })).status).toBe(200);
    expect(await write({ cookie })).toEqual([403, undefined]);
    expect(await write({ cookie, 'x-csrftoken': csrf })).toEqual([200, undefined]);
    expect(results(await bench.get('cmdb/firewall/address/x'))).toHaveLength(1);
  });

  it('is refused for a wrong password, and for everybody where none is set', async () => {
    await start({ admin });
    const wrong = { username: 'admin', secretkey: 'no' };
    expect((await bench.call('POST', 'authentication', { body: wrong, token: '' })).status).toBe(401);
    expect((await bench.call('POST', '/logincheck', { body: 'username=admin&secretkey=no', token: '' })).text).toBe(
      '0',
    );
    await bench.close();
    await start();
    expect((await bench.call('POST', '/logincheck', { body: form, token: '' })).text).toBe('0');
  });
});
