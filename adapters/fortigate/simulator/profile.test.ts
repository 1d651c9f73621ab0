import { describe, expect, it } from 'vitest';
import { profileOf } from './profile.ts';
import { outcome, policy, startBench, type Bench } from './testing/client.ts';

async function on<T>(version: string, work: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = await startBench({ version });
  try {
    return await work(bench);
  } finally {
    await bench.close();
  }
}

const versions = ['6.4', '7.0', '7.2', '7.4', '7.6'] as const;
const onEach = (work: (bench: Bench) => Promise<unknown>): Promise<unknown[]> =>
  Promise.all(versions.map((version) => on(version, work)));

describe('versions differ', () => {
  it('in what they call themselves', () => {
    expect(versions.map((version) => profileOf(version).version)).toEqual([
      'v6.4.14',
      'v7.0.14',
      'v7.2.8',
      'v7.4.4',
      'v7.6.5',
    ]);
    expect(profileOf('v7.2.0').version).toBe('v7.2.0');
    expect(() => profileOf('5.6')).toThrow('FortiOS 5.6 is not simulated');
    expect(() => profileOf('7.4.x')).toThrow(RangeError);
  });

  it('in whether a group may be empty, by every way to empty one', async () => {
    const emptied = await onEach(async (bench) => {
      await bench.post('cmdb/firewall/addrgrp', { name: 'g', member: [{ name: 'all' }] });
      return [
        outcome(await bench.post('cmdb/firewall/addrgrp', { name: 'new', member: [] }))[1],
        outcome(await bench.put('cmdb/firewall/addrgrp/g', { member: [] }))[1],
        outcome(await bench.delete('cmdb/firewall/addrgrp/g/member/all')).join(),
      ];
    });
    expect(emptied).toEqual([
      [-56, -56, '424,-56'],
      [-56, -56, '500,-56'],
      [undefined, undefined, '404,-3'],
      [undefined, undefined, '404,-3'],
      [undefined, undefined, '404,-3'],
    ]);
  });

  it('in the status of a refused write', async () => {
    const statuses = await onEach(async (bench) => (await bench.post('cmdb/firewall/address', { name: 'all' })).status);
    expect(statuses).toEqual([424, 500, 500, 500, 500]);
  });

  it('in the length of names', async () => {
    const lengths = await onEach(async (bench) => {
      const accepted = [];
      for (const size of [63, 64, 79, 80]) {
        const { status } = await bench.post('cmdb/firewall/address', { name: 'x'.repeat(size) });
        if (status === 200) accepted.push(size);
      }
      return accepted;
    });
    expect(lengths).toEqual([[63], [63, 64, 79], [63, 64, 79], [63, 64, 79], [63, 64, 79]]);
  });

  it('in the counts around a list', async () => {
    const counted = await onEach(async (bench) => 'matched_count' in (await bench.get('cmdb/firewall/address')).body);
    expect(counted).toEqual([false, true, true, true, true]);
  });

  it('in pushed feeds, since 7.2.1', async () => {
    const create = async (bench: Bench): Promise<unknown> => {
      const feed = { name: 'f', type: 'address', 'update-method': 'push' };
      const push = { commands: [{ name: 'f', command: 'add', entries: ['10.0.0.1'] }] };
      return [
        outcome(await bench.post('cmdb/system/external-resource', feed)),
        (await bench.post('monitor/system/external-resource/dynamic', push)).status,
      ];
    };
    expect(await on('7.2.0', create)).toEqual([[500, -61], 404]);
    expect(await on('7.2.1', create)).toEqual([[200, undefined], 200]);
  });

  it('in generic addresses, since 7.6', async () => {
    const generic = { name: 'k', type: 'generic-address', namespace: 'k', resource: 'https://x.example/a.json' };
    const codes = await onEach(async (bench) => outcome(await bench.post('cmdb/system/external-resource', generic))[1]);
    expect(codes).toEqual([-651, -651, -651, -651, undefined]);
  });

  it('in showing a transaction, since 7.4.1', async () => {
    const shown = async (bench: Bench): Promise<number> => {
      await bench.post('cmdb?action=transaction-start', {});
      return (await bench.get('cmdb?action=transaction-show&transaction-id=1')).status;
    };
    expect([await on('7.4.0', shown), await on('7.4.1', shown)]).toEqual([400, 200]);
  });

  it('in the path of a monitor', async () => {
    const paths = ['firewall/policy', 'firewall/policy/select', 'system/status'];
    const ask = (bench: Bench): Promise<number[]> =>
      Promise.all(paths.map(async (path) => (await bench.get(`monitor/${path}`)).status));
    expect([await on('6.4', ask), await on('7.0', ask)]).toEqual([
      [404, 200, 200],
      [200, 404, 200],
    ]);
  });

  it('in policies that end by themselves', async () => {
    const expiring = policy('p', { 'policy-expiry': 'enable', 'policy-expiry-date': '2030-01-01 00:00:00' });
    const codes = await onEach(async (bench) => outcome(await bench.post('cmdb/firewall/policy', expiring))[1]);
    expect(codes).toEqual([-61, -61, undefined, undefined, undefined]);
  });
});
