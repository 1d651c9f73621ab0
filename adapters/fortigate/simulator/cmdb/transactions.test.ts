import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../../kit/simulator/testing/https.ts';
import { outcome, policy, results, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
let now = 0;
beforeAll(async () => {
  bench = await startBench({ now: () => now });
});
beforeEach(() => {
  now = Date.UTC(2026, 0, 5);
  bench.sim.reset();
});
afterAll(() => bench.close());

const begin = async (timeout?: number): Promise<number> => {
  const answer = await bench.post('cmdb?action=transaction-start&vdom=root', timeout === undefined ? {} : { timeout });
  return (answer.body['results'] as { readonly 'transaction-id': number })['transaction-id'];
};
const within = (id: number, method: string, path: string, body?: unknown): Promise<Answer> =>
  bench.call(method, path, { body, headers: { 'x-transaction-id': String(id) } });
const commit = (id: number): Promise<Answer> => bench.post('cmdb?action=transaction-commit', { 'transaction-id': id });
const abort = (id: number): Promise<Answer> => bench.post('cmdb?action=transaction-abort', { transaction_id: id });
const exists = async (path: string): Promise<boolean> => (await bench.get(`cmdb/${path}`)).status === 200;

describe('transactions', () => {
  it('answer with the action and the id, without mkey', async () => {
    const answer = await bench.post('cmdb?action=transaction-start', { timeout: 60 });
    expect(answer.body).toEqual({
      http_method: 'POST',
      revision: answer.body['revision'],
      revision_changed: false,
      results: { 'transaction-id': 1 },
      action: 'transaction-start',
      vdom: 'root',
      status: 'success',
      http_status: 200,
      serial: 'FGVMSIM000000001',
      version: 'v7.4.4',
      build: 2662,
    });
  });

  it('show nothing to others before the commit, and everything after it', async () => {
    const id = await begin();
    const added = await within(id, 'POST', 'cmdb/firewall/address', { name: 'a' });
    expect([added.status, added.body['revision_changed']]).toEqual([200, false]);
    await within(id, 'POST', 'cmdb/firewall/addrgrp', { name: 'g', member: [{ name: 'a' }] });
    await within(id, 'POST', 'cmdb/firewall/policy', policy('p', { srcaddr: [{ name: 'g' }] }));
    expect([await exists('firewall/address/a'), await exists('firewall/policy/1')]).toEqual([false, false]);
    expect((await within(id, 'GET', 'cmdb/firewall/address/a')).status).toBe(200);
    const flow = { src: '10.0.0.1', dst: '192.0.2.1', port: 443, protocol: 'TCP' } as const;
    expect(bench.sim.verdict(flow).action).toBe('Deny');
    expect((await commit(id)).status).toBe(200);
    expect([await exists('firewall/address/a'), await exists('firewall/policy/1')]).toEqual([true, true]);
    expect(bench.sim.verdict(flow)).toEqual({ action: 'Accept', rule: 'p' });
  });

  it('check every request when it is sent', async () => {
    const id = await begin();
    const dangling = policy('p', { srcintf: [{ name: 'port99' }] });
    expect(outcome(await within(id, 'POST', 'cmdb/firewall/policy', dangling))).toEqual([500, -651]);
    expect((await within(id, 'POST', 'cmdb/firewall/policy', policy('p'))).status).toBe(200);
  });

  it('leave no trace when aborted, and are then over', async () => {
    const before = bench.sim.dump();
    const id = await begin();
    await within(id, 'POST', 'cmdb/firewall/address', { name: 'a' });
    expect((await abort(id)).status).toBe(200);
    expect(bench.sim.dump()).toEqual(before);
    expect(outcome(await commit(id))).toEqual([500, -3]);
    expect(outcome(await within(id, 'POST', 'cmdb/firewall/address', { name: 'a' }))).toEqual([500, -3]);
  });

  it('are dropped when their time is over', async () => {
    const id = await begin(30);
    await within(id, 'POST', 'cmdb/firewall/address', { name: 'a' });
    now += 30_001;
    expect(outcome(await commit(id))).toEqual([500, -3]);
    expect(await exists('firewall/address/a')).toBe(false);
    expect((await bench.post('cmdb/firewall/address', { name: 'a' })).status).toBe(200);
  });

  it('lock the tables that they have changed, and no other, against everybody', async () => {
    const [first, second] = [await begin(), await begin()];
    await within(first, 'POST', 'cmdb/firewall/address', { name: 'a' });
    expect(outcome(await within(second, 'POST', 'cmdb/firewall/address', { name: 'b' }))).toEqual([500, -361]);
    expect(outcome(await bench.post('cmdb/firewall/address', { name: 'b' }))).toEqual([500, -361]);
    expect((await within(second, 'POST', 'cmdb/firewall/address6', { name: 'b' })).status).toBe(200);
    await commit(first);
    expect((await within(second, 'POST', 'cmdb/firewall/address', { name: 'b' })).status).toBe(200);
    await commit(second);
    expect(results(await bench.get('cmdb/firewall/address')).map((row) => row['name'])).toEqual([
      'all',
      'none',
      'a',
      'b',
    ]);
  });

  it('do not commit what no longer fits', async () => {
    await bench.post('cmdb/firewall/address', { name: 'a' });
    const id = await begin();
    await within(id, 'POST', 'cmdb/firewall/addrgrp', { name: 'g', member: [{ name: 'a' }] });
    expect((await bench.delete('cmdb/firewall/address/a')).status).toBe(200);
    expect(outcome(await commit(id))).toEqual([500, -3]);
    expect(await exists('firewall/addrgrp/g')).toBe(false);
  });

  it('are listed, and shown as commands', async () => {
    const id = await begin(60);
    await within(id, 'POST', 'cmdb/firewall/addrgrp', { name: 'g', comment: 'x', member: [{ name: 'all' }] });
    await within(id, 'DELETE', 'cmdb/firewall/addrgrp/g/member/all');
    const list = await bench.get('cmdb?action=transaction-list');
    expect(list.body['results']).toEqual([
      { 'transaction-id': id, vdom: 'root', 'expires-in': 60, tables: ['firewall/addrgrp'] },
    ]);
    const show = await bench.get(`cmdb?action=transaction-show&transaction-id=${id}`);
    expect((show.body['results'] as { readonly commands: unknown }).commands).toEqual([
      'config firewall addrgrp',
      'edit "g"',
      'set comment "x"',
      'set member "all"',
      'next',
      'end',
      'config firewall addrgrp',
      'edit "g"',
      'unselect member "all"',
      'next',
      'end',
    ]);
  });

  it('are not for every table', async () => {
    const id = await begin();
    const feed = { name: 'f', type: 'address', 'update-method': 'push' };
    expect(outcome(await within(id, 'POST', 'cmdb/system/external-resource', feed))).toEqual([500, -61]);
  });

  it('refuse what is no action, no id and no time', async () => {
    expect((await bench.post('cmdb?action=transaction-dance')).status).toBe(400);
    expect((await bench.post('cmdb?action=transaction-commit', {})).status).toBe(400);
    expect((await bench.post('cmdb?action=transaction-start', { timeout: 0 })).status).toBe(400);
    expect((await bench.get('cmdb')).status).toBe(400);
  });
});
