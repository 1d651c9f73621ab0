import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { keyOf, type Resource } from '../../../src/core/model/resource.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { namesIn, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { objectAt } from '../../../kit/simulator/tables/rows.ts';
import { fortigate } from '../adapter.ts';
import { tables } from '../objects/names.ts';
import { benchWith } from '../simulator/testing/client.ts';
import { TestDevice, errorsIn, flow, hosts, oneGroup } from '../testing/test-device.ts';

const on = new TestDevice();

describe('what was applied to a FortiGate', () => {
  it.each([
    ['6.4', 'objects'],
    ['7.4', 'pushFeed'],
  ])('is read back as it was lowered, and says whose it is, on %s with %s', async (version, carrier) => {
    const { sync, session, context } = await on.connect({ version }, { carrier });
    const desired = aDesiredState({
      groups: [aGroup({ members: ['10.0.0.1', '2001:db8::1'] }), aGroup({ id: '00000000000b', role: 'Deny' })],
      rules: [aRule({ id: '000000000002', action: 'Deny', sources: ['00000000000b'] }), aRule()],
    });
    expect(errorsIn(await sync(desired))).toEqual([]);
    const byKey = (list: readonly Resource[]): ReadonlyMap<string, Resource> =>
      new Map(list.map(({ title: _, ...resource }) => [keyOf(resource), resource]));
    const lowered = fortigate.lower(desired, context).resources;
    expect(byKey((await session.observe()).resources)).toEqual(byKey(lowered));
    expect(lowered.flatMap(({ kind, desiredId }) => (desiredId === undefined ? [] : [`${kind} ${desiredId}`]))).toEqual(
      [
        ...(carrier === 'pushFeed'
          ? ['system/external-resource 00000000000a', 'system/external-resource 00000000000b']
          : ['a', 'b'].flatMap((id) => [`firewall/addrgrp 00000000000${id}`, `firewall/addrgrp6 00000000000${id}`])),
        'firewall/policy 000000000002',
        'firewall/policy 000000000001',
      ],
    );
  });
});

describe('a change on a FortiGate', () => {
  it('ends what an address still has open when it is taken away, if asked to', async () => {
    const { sync } = await on.connect({}, { revokeSessions: true });
    const members = ['10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2'];
    const rules = [aRule({ to: ['203.0.113.0/24', '2001:db8:f::/48'] })];
    await sync(oneGroup(members, rules));
    for (const src of members) on.device.verdict({ ...flow, dst: src.includes(':') ? '2001:db8:f::5' : flow.dst, src });
    const open = async (): Promise<unknown> => {
      const { body } = await benchWith(on.device).get('monitor/firewall/sessions?ip_version=ipboth&count=9');
      return objectsIn(objectAt(body, 'results')['details']).map(({ saddr }) => saddr);
    };
    expect(await open()).toEqual(members);
    await sync(oneGroup(['10.0.0.2', '2001:db8::2'], rules));
    expect(await open()).toEqual(['10.0.0.2', '2001:db8::2']);
  });

  it('is undone as a whole when a part of its transaction is refused', async () => {
    const { session, context } = await on.connect({ version: '7.4' });
    const { resources } = fortigate.lower(oneGroup(['10.0.0.1']), context);
    const group = resources.find(({ kind }) => kind === tables.group6)?.name ?? '';
    on.device.refuse(tables.group6, group);
    const [batch] = fortigate.batch(diff(resources, (await session.observe()).resources).changes, context);
    const outcomes = await session.send(
      batch ?? { changes: [], atomic: true, nativeCalls: 0 },
      new AbortController().signal,
    );
    expect(new Set(errorsIn(outcomes)).size).toBe(1);
    expect(outcomes).toHaveLength(resources.length);
    expect(on.device.dump()['root']).toEqual({ feeds: {} });
  });

  it('goes on after a crash that left a transaction open', async () => {
    const { sync, session } = await on.connect({ version: '7.4' });
    on.device.fault({ kind: 'reset-before', match: 'action=transaction-(commit|abort)', times: 3 });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))[0]).toContain('transient');
    on.device.clearFaults();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect(namesIn(on.device.rows(tables.policy)[0]?.['srcaddr'])).toHaveLength(1);
    expect(await session.live()).toEqual({ state: 'live', evidence: '0 policies read back enabled and in order' });
  });

  it('asks the device which policy decides, and tells when it is another', async () => {
    const { sync, session } = await on.connect({ route: { srcintf: 'port1' } }, { srcInterfaces: ['port1'] });
    await sync(oneGroup(['10.0.0.1']));
    const [ours = ''] = on.policies;
    const evidence = async (): Promise<string> => {
      await session.observe();
      return (await session.live()).evidence.replace(/^.*; /, '');
    };
    const about = 'policy-lookup of 10.0.0.1 to 203.0.113.0 TCP/443 finds';
    expect(await evidence()).toBe(`${about} ${ours}`);
    const any = [{ name: 'any' }];
    const all = [{ name: 'all' }];
    const everything = { srcintf: any, dstintf: any, srcaddr: all, dstaddr: all, service: [{ name: 'ALL' }] };
    on.device.put(tables.policy, { policyid: 9, name: 'lockdown', schedule: 'always', ...everything });
    on.device.move(9, { before: textOf(on.device.rows(tables.policy)[0]?.['policyid']) });
    expect(await evidence()).toBe(`${about} lockdown, which is not a policy of Postern`);
  });

  it('pushes all that is waiting for feeds in one request, and counts what the device took', async () => {
    const { sync, send, context, session } = await on.connect({ feedEntries: 3 }, { carrier: 'auto' });
    await sync(oneGroup(['10.0.0.1', '10.0.0.2']));
    const before = on.device.requests().length;
    const delta = { id: '00000000000a', role: 'Accept', added: ['10.0.0.3'], removed: ['10.0.0.1'] } as const;
    expect(errorsIn(await send(fortigate.lowerDelta?.(delta, context) ?? []))).toEqual([]);
    expect(on.device.requests().length - before).toBe(1);
    await session.observe();
    expect(await session.live()).toEqual({
      state: 'live',
      evidence: '1 policies read back enabled and in order, 1 feeds loaded without invalid or cut-off entries',
    });
    await sync(oneGroup(hosts(5)));
    await session.observe();
    expect((await session.live()).state).toBe('pending');
  });
});
