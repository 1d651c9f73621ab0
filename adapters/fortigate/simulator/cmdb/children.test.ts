import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { outcome, results, startBench, type Bench } from '../testing/client.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench({ limits: { items: { 'firewall/addrgrp.member': 3 }, tables: { 'firewall/addrgrp': 2 } } });
});
beforeEach(async () => {
  bench.sim.reset();
  for (const name of ['a', 'b', 'c', 'd']) await bench.post('cmdb/firewall/address', { name });
  await bench.post('cmdb/firewall/addrgrp', { name: 'group', member: [{ name: 'a' }, { name: 'b' }] });
});
afterAll(() => bench.close());

const group = 'cmdb/firewall/addrgrp/group';
const members = async (): Promise<unknown[]> => {
  const [row] = results(await bench.get(group));
  return (row?.['member'] as readonly { name: string }[]).map(({ name }) => name);
};

describe('members come and go one by one', () => {
  it('adds and takes away one, leaving the others as they are', async () => {
    const added = await bench.post(`${group}/member`, { name: 'c' });
    expect([added.status, added.body['mkey'], added.body['revision_changed']]).toEqual([200, 'c', true]);
    expect(await members()).toEqual(['a', 'b', 'c']);
    await bench.delete(`${group}/member/a`);
    expect(await members()).toEqual(['b', 'c']);
  });

  it('reads them all, or one', async () => {
    expect(results(await bench.get(`${group}/member`))).toEqual([
      { name: 'a', q_origin_key: 'a' },
      { name: 'b', q_origin_key: 'b' },
    ]);
    expect(results(await bench.get(`${group}/member/b`))).toEqual([{ name: 'b', q_origin_key: 'b' }]);
  });

  it('refuses what is not there, what is there already, and one too many', async () => {
    expect(outcome(await bench.post(`${group}/member`, { name: 'nobody' }))).toEqual([500, -3]);
    expect(outcome(await bench.post(`${group}/member`, { name: 'a' }))).toEqual([500, -5]);
    expect(outcome(await bench.post(`${group}/member`, {}))).toEqual([500, -56]);
    expect((await bench.delete(`${group}/member/nobody`)).status).toBe(404);
    expect((await bench.get(`${group}/member/nobody`)).status).toBe(404);
    expect((await bench.post('cmdb/firewall/addrgrp/nobody/member', { name: 'a' })).status).toBe(404);
    expect((await bench.get(`${group}/comment`)).status).toBe(404);
    await bench.post(`${group}/member`, { name: 'c' });
    expect(outcome(await bench.post(`${group}/member`, { name: 'd' }))).toEqual([500, -4]);
    expect(await members()).toEqual(['a', 'b', 'c']);
  });

  it('cannot be changed: there is nothing in them but a name', async () => {
    expect((await bench.put(`${group}/member/a`, { name: 'c' })).status).toBe(405);
    expect((await bench.put(`${group}/member`, { name: 'c' })).status).toBe(405);
    expect((await bench.delete(`${group}/member`)).status).toBe(405);
  });

  it('a group does not become its own member this way either', async () => {
    await bench.post('cmdb/firewall/addrgrp', { name: 'outer', member: [{ name: 'group' }] });
    expect(outcome(await bench.post(`${group}/member`, { name: 'outer' }))).toEqual([500, -651]);
  });

  it('are replaced as a whole by a list, which must fit', async () => {
    await bench.put(group, { member: [{ name: 'd' }, { name: 'a' }, { name: 'd' }] });
    expect(await members()).toEqual(['d', 'a']);
    const tooMany = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
    expect(outcome(await bench.put(group, { member: tooMany }))).toEqual([500, -4]);
  });

  it('tables are full at their limit', async () => {
    expect((await bench.post('cmdb/firewall/addrgrp', { name: 'second', member: [] })).status).toBe(200);
    expect(outcome(await bench.post('cmdb/firewall/addrgrp', { name: 'third', member: [] }))).toEqual([500, -4]);
  });
});
