import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { fortigate } from '../adapter.ts';
import { tables } from '../objects/names.ts';
import { benchWith } from '../simulator/testing/client.ts';
import { TestDevice, errorsIn, flow, hosts, oneGroup } from '../testing/test-device.ts';

const on = new TestDevice();

describe('a group on a FortiGate', () => {
  const few = { limits: { items: { 'firewall/addrgrp.member': 16, 'firewall/addrgrp6.member': 16 } } };

  it.each(['6.4', '7.4'])('that outgrows a native one is divided and comes together again, on %s', async (version) => {
    const { sync, session } = await on.connect({ ...few, version });
    for (const count of [16, 17, 120, 119, 15, 0, 40]) {
      expect(errorsIn(await sync(oneGroup(hosts(count))))).toEqual([]);
      const group = (await session.observe()).resources.find(({ kind }) => kind === tables.group);
      expect(group?.members).toEqual(hosts(count).sort());
      const open = hosts(121).filter((src) => on.device.verdict({ ...flow, src }).action === 'Accept');
      expect(open).toEqual(hosts(count));
    }
    expect(errorsIn(await sync(aDesiredState()))).toEqual([]);
    expect(on.device.dump()['root']).toEqual({ feeds: {} });
  });

  it('takes one request for one more member, however large it is', async () => {
    const { sync, send, context } = await on.connect({ ...few, version: '7.2' });
    await sync(oneGroup(hosts(200)));
    const before = on.device.requests().length;
    const delta = { id: '00000000000a', role: 'Accept', added: ['10.9.9.9'], removed: [] } as const;
    expect(errorsIn(await send(fortigate.lowerDelta?.(delta, context) ?? []))).toEqual([]);
    const made = on.device
      .requests()
      .slice(before)
      .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
    expect(made).toEqual([
      'POST /api/v2/cmdb/firewall/address',
      expect.stringMatching(/^POST \/api\/v2\/cmdb\/firewall\/addrgrp\/pn-east-src-\w+-[0-9a-f]+\/member$/),
    ]);
    expect(on.device.verdict({ ...flow, src: '10.9.9.9' }).action).toBe('Accept');
  });

  it('is not read again for each group that a full device has no room for', async () => {
    const limits = { tables: { [tables.feed]: 4 } };
    const { plan, send } = await on.connect({ version: '7.4', limits }, { carrier: 'pushFeed' });
    const others = benchWith(on.device);
    for (const name of ['one', 'two'])
      await others.post('cmdb/system/external-resource', { name, type: 'address', 'update-method': 'push' });
    const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.padStart(12, '0'));
    const groups = ids.map((id, at) => aGroup({ id, members: [`10.1.0.${at}`] }));
    const rules = ids.map((id, at) => aRule({ id: `1${id.slice(1)}`, sources: [id], to: [`203.0.113.${at}/32`] }));
    const feeds = (await plan(aDesiredState({ groups, rules }))).filter(({ key }) => key.kind === tables.feed);
    const before = on.device.requests().length;
    const outcomes = await send(feeds);
    expect(outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'error', 'error']);
    expect(errorsIn(outcomes)).toEqual([expect.stringMatching(/^quota: /), expect.stringMatching(/^quota: /)]);
    const made = on.device.requests().slice(before);
    expect(made.filter(({ method }) => method === 'GET')).toEqual([]);
  });

  it('is read once for calls that begin side by side, so that each knows what the others have written', async () => {
    const { sync, context, again } = await on.connect({ version: '7.0' });
    await sync(oneGroup(hosts(3)));
    const session = await again();
    const send = (added: readonly string[], removed: readonly string[]): Promise<readonly Outcome[]> => {
      const changes = fortigate.lowerDelta?.({ id: '00000000000a', role: 'Accept', added, removed }, context) ?? [];
      const own = changes.filter(({ op }) => op !== (added.length > 0 ? 'members' : 'delete'));
      return session.send({ changes: own, atomic: false, nativeCalls: 1 }, new AbortController().signal);
    };
    const before = on.device.requests().length;
    const outcomes = await Promise.all([send(['10.9.9.9'], []), send([], ['10.1.0.1'])]);
    expect(errorsIn(outcomes.flat())).toEqual([]);
    const reads = on.device
      .requests()
      .slice(before)
      .filter(({ method, path }) => method === 'GET' && /\/policy\?(?!.*action=schema)/.test(path));
    expect(reads).toHaveLength(1);
  });

  it('of a member is made once for two groups, goes with the last of them, and what was not sent is said', async () => {
    const two = (members: readonly string[]): DesiredState =>
      aDesiredState({ groups: [aGroup({ members }), aGroup({ id: 'b2b2b2b2b2b2', members })], rules: [aRule()] });
    const { sync, send, context } = await on.connect();
    await sync(two(['10.0.0.1']));
    const delta = (id: string, added: readonly string[], removed: readonly string[]): readonly Change[] =>
      fortigate.lowerDelta?.({ id, role: 'Accept', added, removed }, context) ?? [];
    const ids = two([]).groups.map(({ id }) => id);
    const unneeded = (outcomes: readonly Outcome[]): unknown =>
      outcomes.filter(({ key }) => key.kind === tables.address).map((outcome) => 'unneeded' in outcome);
    expect(unneeded(await send(ids.flatMap((id) => delta(id, ['10.0.0.2'], []))))).toEqual([false, true]);
    expect(unneeded(await send(delta(ids[0] ?? '', [], ['10.0.0.2'])))).toEqual([true]);
    expect(unneeded(await send(delta(ids[1] ?? '', [], ['10.0.0.2'])))).toEqual([false]);
  });

  it('that others use is not deleted, and who they are is told', async () => {
    const { sync } = await on.connect({ version: '7.2' });
    await sync(oneGroup(['10.0.0.1']));
    const group = textOf(on.device.rows(tables.group).at(-1)?.['name']);
    on.device.put(tables.group, { name: 'everybody of ours', member: [{ name: group }] });
    const [error, ...more] = errorsIn(await sync(aDesiredState()));
    expect(error).toContain('in-use');
    expect(error).toContain('everybody of ours');
    expect(more).toEqual([]);
    expect(on.device.rows(tables.group).map((row) => textOf(row['name']))).toContain(group);
  });

  it('gives back an object that somebody else made under its name', async () => {
    const { sync, session, context } = await on.connect();
    const name = fortigate.lower(oneGroup([]), context).resources[0]?.name ?? '';
    on.device.put(tables.group, { name, comment: 'mine' });
    expect((await session.observe()).foreign).toEqual([{ kind: tables.group, name, found: 'comment: mine' }]);
    expect(errorsIn(await sync(oneGroup([])))[0]).toContain('foreign-owned');
    expect(on.device.rows(tables.group).find((row) => row['name'] === name)?.['comment']).toBe('mine');
  });
});

describe('a service on a FortiGate', () => {
  it.each(['6.4', '7.6'])('that somebody turns into every protocol is turned back, on %s', async (version) => {
    const { session, context, sync } = await on.connect({ version });
    const desired = oneGroup(['10.0.0.1']);
    await sync(desired);
    const service = on.device.rows(tables.service).find((row) => textOf(row['name']).startsWith('pn-east-'));
    on.device.put(tables.service, { name: textOf(service?.['name']), protocol: 'IP' });
    const table = fortigate.table?.((await session.observe()).resources, context);
    expect(table?.rules.map(({ ports }) => ports)).toEqual([[]]);
    expect(errorsIn(await sync(desired))).toEqual([]);
    const after = on.device.rows(tables.service).find((row) => row['name'] === service?.['name']);
    expect(textOf(after?.['protocol'])).toBe(version === '7.6' ? 'TCP/UDP/UDP-Lite/SCTP' : 'TCP/UDP/SCTP');
    expect(await sync(desired)).toEqual([]);
  });
});
