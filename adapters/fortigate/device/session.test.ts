import { afterEach, describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import type { DesiredState } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { keyOf, type Resource } from '../../../src/core/model/resource.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { fortigate } from '../adapter.ts';
import { tables } from '../objects/names.ts';
import { namesIn, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { objectAt } from '../../../kit/simulator/tables/rows.ts';
import { benchWith } from '../simulator/testing/client.ts';
import type { FortigateOptions, FortigateSimulator } from '../simulator/simulator.ts';
import { connected, type Connected } from '../testing/device.ts';

let device: FortigateSimulator;
let slept: readonly number[] = [];

afterEach(() => device.close());

async function connect(
  options: Partial<FortigateOptions> = {},
  config: Readonly<Record<string, unknown>> = {},
  secret: Readonly<Record<string, string>> = {},
): Promise<Connected> {
  const made = await connected({ options, config, secret });
  ({ device, slept } = made);
  return made;
}

function oneGroup(members: readonly string[], rules = [aRule()]): DesiredState {
  return aDesiredState({ groups: [aGroup({ members })], rules });
}

const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
const flow = { dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
const errorsIn = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.flatMap((outcome) =>
    outcome.result === 'error' ? [`${outcome.error.errorClass}: ${outcome.error.message}`] : [],
  );
const policies = (): readonly string[] => device.rows(tables.policy).map((row) => textOf(row['name']));

describe('the probe of a FortiGate', () => {
  it('reads version and limits, and says what it chose and why', async () => {
    const limits = { items: { 'firewall/addrgrp.member': 300 }, tables: { 'firewall/address': 4_000 } };
    const { context } = await connect({ version: '7.4.4', limits }, { carrier: 'auto' });
    const { choices, maxObjects, ...rest } = context.capabilities;
    expect(rest).toEqual({
      ...{
        version: '7.4.4',
        emptyGroup: 'nothing',
        groupsAs: ['source', 'destination'],
        memberUpdates: 'delta',
        lock: 'none',
        serialised: 'object',
        settleSeconds: 1,
        domainNames: 'wildcard',
        transactions: true,
      },
      ...{ maxMembersPerGroup: 300, sendWhileReading: true, callsInFlight: 3 },
    });
    expect(maxObjects['firewall/address']).toBe(4_000);
    const values = Object.fromEntries(Object.entries(choices).map(([name, { value }]) => [name, value]));
    expect(values).toEqual({
      carrier: 'pushFeed',
      transactions: 'on',
      expiry: 'policy',
      fortimanager: 'no',
      names: 'by address',
    });
  });

  it.each([
    ['7.0', {}, 'objects', 'Pushed feeds exist since FortiOS 7.2.1; this is 7.0.14.'],
    ['7.6', { 'sysgrp.cfg': 'none' }, 'objects', 'sysgrp.cfg'],
  ] as const)('falls back to objects on %s with permissions %j', async (version, permissions, value, reason) => {
    const { context } = await connect({ version, permissions }, { carrier: 'auto' });
    const { carrier } = context.capabilities.choices;
    expect({ value: carrier?.value, told: carrier?.reason.includes(reason) }).toEqual({ value, told: true });
  });

  it.each([
    [63, 'objects'],
    [64, 'pushFeed'],
  ])('of a device with %i feeds chooses %s', async (feeds, carrier) => {
    const limits = { tables: { 'system/external-resource': feeds } };
    const { context } = await connect({ limits }, { carrier: 'auto' });
    expect(context.capabilities.choices['carrier']?.value).toBe(carrier);
    expect(context.capabilities.maxObjects['system/external-resource']).toBe(feeds);
  });

  it('names the access group that is missing, and how to grant it', async () => {
    await expect(connect({ permissions: { 'fwgrp.policy': 'none' } })).rejects.toMatchObject({
      errorClass: 'forbidden',
      message: expect.stringMatching(/fwgrp\.policy.*set policy read-write/) as string,
    });
  });

  it('takes a refused token for what it is, and keeps it to itself', async () => {
    const token = 'not-the-token-of-anybody';
    const refused = connect({}, {}, { token });
    await expect(refused).rejects.toMatchObject({ errorClass: 'auth', details: { status: 401 } });
    await refused.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain(token));
  });

  it.each(['7.2', '7.4', '7.6'])('does not write past a FortiManager unless it is told to, on %s', async (version) => {
    await expect(connect({ managed: true, version })).rejects.toMatchObject({ errorClass: 'unsupported' });
    await device.close();
    const { context } = await connect({ managed: true, version }, { allowFortiManagerManaged: true });
    expect(context.capabilities.choices['fortimanager']?.value).toBe('yes');
  });

  it('trusts no certificate that the secret does not vouch for', async () => {
    const failure = connect({}, {}, { 'ca.crt': '' });
    await expect(failure).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringContaining('ca.crt') as string,
    });
  });
});

describe('what was applied to a FortiGate', () => {
  it.each([
    ['6.4', 'objects'],
    ['7.4', 'pushFeed'],
  ])('is read back as it was lowered, and says whose it is, on %s with %s', async (version, carrier) => {
    const { sync, session, context } = await connect({ version }, { carrier });
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

describe('a group on a FortiGate', () => {
  const few = { limits: { items: { 'firewall/addrgrp.member': 16, 'firewall/addrgrp6.member': 16 } } };

  it.each(['6.4', '7.4'])('that outgrows a native one is divided and comes together again, on %s', async (version) => {
    const { sync, session } = await connect({ ...few, version });
    for (const count of [16, 17, 120, 119, 15, 0, 40]) {
      expect(errorsIn(await sync(oneGroup(hosts(count))))).toEqual([]);
      const group = (await session.observe()).resources.find(({ kind }) => kind === tables.group);
      expect(group?.members).toEqual(hosts(count).sort());
      const open = hosts(121).filter((src) => device.verdict({ ...flow, src }).action === 'Accept');
      expect(open).toEqual(hosts(count));
    }
    expect(errorsIn(await sync(aDesiredState()))).toEqual([]);
    expect(device.dump()['root']).toEqual({ feeds: {} });
  });

  it('takes one request for one more member, however large it is', async () => {
    const { sync, send, context } = await connect({ ...few, version: '7.2' });
    await sync(oneGroup(hosts(200)));
    const before = device.requests().length;
    const delta = { id: '00000000000a', role: 'Accept', added: ['10.9.9.9'], removed: [] } as const;
    expect(errorsIn(await send(fortigate.lowerDelta?.(delta, context) ?? []))).toEqual([]);
    const made = device
      .requests()
      .slice(before)
      .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
    expect(made).toEqual([
      'POST /api/v2/cmdb/firewall/address',
      expect.stringMatching(/^POST \/api\/v2\/cmdb\/firewall\/addrgrp\/pn-east-src-\w+-[0-9a-f]+\/member$/),
    ]);
    expect(device.verdict({ ...flow, src: '10.9.9.9' }).action).toBe('Accept');
  });

  it('is not read again for each group that a full device has no room for', async () => {
    const limits = { tables: { [tables.feed]: 4 } };
    const { plan, send } = await connect({ version: '7.4', limits }, { carrier: 'pushFeed' });
    const others = benchWith(device);
    for (const name of ['one', 'two'])
      await others.post('cmdb/system/external-resource', { name, type: 'address', 'update-method': 'push' });
    const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.padStart(12, '0'));
    const groups = ids.map((id, at) => aGroup({ id, members: [`10.1.0.${at}`] }));
    const rules = ids.map((id, at) => aRule({ id: `1${id.slice(1)}`, sources: [id], to: [`203.0.113.${at}/32`] }));
    const feeds = (await plan(aDesiredState({ groups, rules }))).filter(({ key }) => key.kind === tables.feed);
    const before = device.requests().length;
    const outcomes = await send(feeds);
    expect(outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'error', 'error']);
    expect(errorsIn(outcomes)).toEqual([expect.stringMatching(/^quota: /), expect.stringMatching(/^quota: /)]);
    const made = device.requests().slice(before);
    expect(made.filter(({ method }) => method === 'GET')).toEqual([]);
  });

  it('is read once for calls that begin side by side, so that each knows what the others have written', async () => {
    const { sync, context, again } = await connect({ version: '7.0' });
    await sync(oneGroup(hosts(3)));
    const session = await again();
    const send = (added: readonly string[], removed: readonly string[]): Promise<readonly Outcome[]> => {
      const changes = fortigate.lowerDelta?.({ id: '00000000000a', role: 'Accept', added, removed }, context) ?? [];
      const own = changes.filter(({ op }) => op !== (added.length > 0 ? 'members' : 'delete'));
      return session.send({ changes: own, atomic: false, nativeCalls: 1 }, new AbortController().signal);
    };
    const before = device.requests().length;
    const outcomes = await Promise.all([send(['10.9.9.9'], []), send([], ['10.1.0.1'])]);
    expect(errorsIn(outcomes.flat())).toEqual([]);
    const reads = device
      .requests()
      .slice(before)
      .filter(({ method, path }) => method === 'GET' && /\/policy\?(?!.*action=schema)/.test(path));
    expect(reads).toHaveLength(1);
  });

  it('of a member is made once for two groups, goes with the last of them, and what was not sent is said', async () => {
    const two = (members: readonly string[]): DesiredState =>
      aDesiredState({ groups: [aGroup({ members }), aGroup({ id: 'b2b2b2b2b2b2', members })], rules: [aRule()] });
    const { sync, send, context } = await connect();
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
    const { sync } = await connect({ version: '7.2' });
    await sync(oneGroup(['10.0.0.1']));
    const group = textOf(device.rows(tables.group).at(-1)?.['name']);
    device.put(tables.group, { name: 'everybody of ours', member: [{ name: group }] });
    const [error, ...more] = errorsIn(await sync(aDesiredState()));
    expect(error).toContain('in-use');
    expect(error).toContain('everybody of ours');
    expect(more).toEqual([]);
    expect(device.rows(tables.group).map((row) => textOf(row['name']))).toContain(group);
  });

  it('gives back an object that somebody else made under its name', async () => {
    const { sync, session, context } = await connect();
    const name = fortigate.lower(oneGroup([]), context).resources[0]?.name ?? '';
    device.put(tables.group, { name, comment: 'mine' });
    expect((await session.observe()).foreign).toEqual([{ kind: tables.group, name, found: 'comment: mine' }]);
    expect(errorsIn(await sync(oneGroup([])))[0]).toContain('foreign-owned');
    expect(device.rows(tables.group).find((row) => row['name'] === name)?.['comment']).toBe('mine');
  });
});

describe('a service on a FortiGate', () => {
  it.each(['6.4', '7.6'])('that somebody turns into every protocol is turned back, on %s', async (version) => {
    const { session, context, sync } = await connect({ version });
    const desired = oneGroup(['10.0.0.1']);
    await sync(desired);
    const service = device.rows(tables.service).find((row) => textOf(row['name']).startsWith('pn-east-'));
    device.put(tables.service, { name: textOf(service?.['name']), protocol: 'IP' });
    const table = fortigate.table?.((await session.observe()).resources, context);
    expect(table?.rules.map(({ ports }) => ports)).toEqual([[]]);
    expect(errorsIn(await sync(desired))).toEqual([]);
    const after = device.rows(tables.service).find((row) => row['name'] === service?.['name']);
    expect(textOf(after?.['protocol'])).toBe(version === '7.6' ? 'TCP/UDP/UDP-Lite/SCTP' : 'TCP/UDP/SCTP');
    expect(await sync(desired)).toEqual([]);
  });
});

describe('a policy on a FortiGate', () => {
  const others = {
    ...{
      srcintf: [{ name: 'any' }],
      dstintf: [{ name: 'any' }],
      srcaddr: [{ name: 'all' }],
      dstaddr: [{ name: 'all' }],
    },
    ...{ service: [{ name: 'ALL' }], schedule: 'always' },
  };
  const plantTwo = (): void => {
    device.put(tables.policy, { policyid: 1, name: 'first', ...others });
    device.put(tables.policy, { policyid: 2, name: 'second', ...others });
  };

  it.each([
    ['top', [1, 2]],
    ['bottom', [0, 1]],
    [{ below: 'first' }, [0, 2]],
    [{ above: 'second' }, [0, 2]],
  ] as const)('begins our block at the anchor %j', async (anchor, [first, second]) => {
    const { sync } = await connect({}, { anchor });
    plantTwo();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect([policies().indexOf('first'), policies().indexOf('second')]).toEqual(
      anchor === 'bottom' ? [0, 1] : [first, second],
    );
    expect(policies()).toHaveLength(3);
  });

  it.each(['7.2', '7.4'])(
    'goes back in front of an accepting policy that was put between ours, on %s',
    async (version) => {
      const { sync, session, context } = await connect({ version });
      const desired = aDesiredState({
        groups: [
          aGroup({ members: ['10.0.0.1'] }),
          aGroup({ id: '00000000000b', role: 'Deny', members: ['10.0.0.1'] }),
        ],
        rules: [
          aRule({ to: ['198.51.100.0/24'] }),
          aRule({ id: '000000000002', action: 'Deny', sources: ['00000000000b'] }),
          aRule({ id: '000000000003', to: 'any' }),
        ],
      });
      await sync(desired);
      const ours = policies();
      const denied = (): string => device.verdict({ ...flow, src: '10.0.0.1' }).action;
      device.put(tables.policy, { policyid: 900, name: 'in haste', ...others, action: 'accept' });
      device.move(900, { after: textOf(device.rows(tables.policy)[0]?.['policyid']) });
      expect(denied()).toBe('Accept');
      expect((await session.observe()).foreign).toEqual([
        {
          kind: tables.policy,
          name: 'in haste',
          found: expect.stringContaining('accepting policy between ours') as string,
        },
      ]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      expect(policies()).toEqual([...ours, 'in haste']);
      expect(denied()).toBe('Deny');
      const { resources } = fortigate.lower(desired, context);
      const observed = await session.observe();
      expect([diff(resources, observed.resources).changes, observed.foreign]).toEqual([[], []]);
    },
  );

  it('is not raised above a denying policy that was put between ours, which is told', async () => {
    const { sync, session } = await connect();
    const desired = oneGroup(['10.0.0.1'], [aRule(), aRule({ id: '000000000002', to: ['198.51.100.0/24'] })]);
    await sync(desired);
    device.put(tables.policy, { policyid: 900, name: 'stop', ...others });
    device.move(900, { after: textOf(device.rows(tables.policy)[0]?.['policyid']) });
    const before = policies();
    expect(await sync(desired)).toEqual([]);
    expect(policies()).toEqual(before);
    expect((await session.observe()).foreign.map(({ name }) => name)).toEqual(['stop']);
    expect((await session.live()).evidence).toBe(
      '2 policies read back enabled and in order; between them stands what is not ours: stop',
    );
  });

  it('is not made when the anchor is not there', async () => {
    const { sync } = await connect({}, { anchor: { below: 'nowhere' }, transactions: 'off' });
    plantTwo();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))[0]).toContain('no policy nowhere');
    expect(device.verdict({ ...flow, src: '10.0.0.1' })).toEqual({ action: 'Deny', rule: 'first' });
  });

  it('is made once when the answer to its creation is lost', async () => {
    const { sync } = await connect({ version: '7.2' });
    device.fault({ kind: 'reset-after', match: 'POST .*firewall/policy' });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect(policies()).toHaveLength(1);
    expect(device.verdict({ ...flow, src: '10.0.0.1' }).action).toBe('Accept');
  });

  it('is waited for a moment when the device does not find what it has just made', async () => {
    const { sync } = await connect({ version: '7.2' });
    device.put(tables.policy, { policyid: 1, name: 'first', ...others });
    device.fault({ kind: 'error-before', status: 404, match: 'PUT .*firewall/policy' });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect(slept).toEqual([300]);
  });

  it.each(['6.4', '7.2.3'])(
    'ends by itself though nobody tells it to, and its schedule goes with it, on %s',
    async (version) => {
      const expiresAt = '2027-01-31T00:00:00Z';
      let now = Date.parse(expiresAt) - 1;
      const { sync, session, context } = await connect({ version, now: () => now });
      const desired = oneGroup(['10.0.0.1'], [aRule({ expiresAt })]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      const permitted = (): string => device.verdict({ ...flow, src: '10.0.0.1' }).action;
      expect(permitted()).toBe('Accept');
      now += 26 * 3_600_000;
      expect(permitted()).toBe('Deny');
      const [schedule] = device.rows(tables.schedule);
      device.put(tables.schedule, { name: textOf(schedule?.['name']), end: '00:00 2030/01/01' });
      expect(permitted()).toBe('Accept');
      await sync(desired);
      expect(permitted()).toBe('Deny');
      const { resources } = fortigate.lower(desired, context);
      expect(diff(resources, (await session.observe()).resources).changes).toEqual([]);
      await sync(aDesiredState());
      expect(device.rows(tables.schedule)).toEqual([]);
    },
  );

  it.each(['6.4', '7.4'])('may end as late as a text can say, and spoils nothing, on %s', async (version) => {
    for (const expiresAt of ['9999-12-31T23:59:59Z', '2038-01-19T03:14:08Z', '2038-01-16T23:59:59-12:00']) {
      const { sync, session, context } = await connect({ version });
      const deny = aRule({ id: '000000000002', action: 'Deny', expiresAt });
      const desired = oneGroup(['10.0.0.1'], [deny, aRule({ expiresAt })]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      expect(diff(fortigate.lower(desired, context).resources, (await session.observe()).resources).changes).toEqual(
        [],
      );
      await device.close();
    }
  });

  it.each(['7.2.4', '7.6'])('ends by itself to the second, in UTC, on %s', async (version) => {
    const expiresAt = '2027-01-31T00:00:30Z';
    let now = Date.parse(expiresAt) - 1;
    const { sync, session, context } = await connect({ version, now: () => now });
    const desired = oneGroup(['10.0.0.1'], [aRule({ expiresAt })]);
    expect(errorsIn(await sync(desired))).toEqual([]);
    const permitted = (): string => device.verdict({ ...flow, src: '10.0.0.1' }).action;
    expect([permitted(), device.rows(tables.schedule)]).toEqual(['Accept', []]);
    now += 1;
    expect(permitted()).toBe('Deny');
    const policyid = textOf(device.rows(tables.policy)[0]?.['policyid']);
    device.put(tables.policy, { policyid, 'policy-expiry-date': '2030-01-01 00:00:00' });
    expect(permitted()).toBe('Accept');
    await sync(desired);
    expect(permitted()).toBe('Deny');
    const { resources } = fortigate.lower(desired, context);
    expect(diff(resources, (await session.observe()).resources).changes).toEqual([]);
  });

  it('is left to the controller to end where schedules are out of reach', async () => {
    const { sync, context } = await connect({ version: '7.2.3', permissions: { 'fwgrp.schedule': 'none' } });
    expect(context.capabilities.choices['expiry']?.value).toBe('none');
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'], [aRule({ expiresAt: '2027-01-31T00:00:00Z' })])))).toEqual([]);
    expect(device.rows(tables.policy).map((row) => row['schedule'])).toEqual(['always']);
  });

  it('has hit counters under the id of its rule', async () => {
    for (const version of ['6.4', '7.6']) {
      const { sync, session } = await connect({ version, now: () => 1_700_000_000_000 });
      await sync(oneGroup(['10.0.0.1'], [aRule(), aRule({ id: '000000000002', to: ['198.51.100.0/24'] })]));
      device.verdict({ ...flow, src: '10.0.0.1' });
      const at = '2023-11-14T22:13:20.000Z';
      expect(await session.evidence?.()).toEqual([
        { rule: '000000000001', hits: 1, firstHit: at, lastHit: at },
        { rule: '000000000002', hits: 0 },
      ]);
      if (version === '6.4') await device.close();
    }
  });
});

describe('a change on a FortiGate', () => {
  it('ends what an address still has open when it is taken away, if asked to', async () => {
    const { sync } = await connect({}, { revokeSessions: true });
    const members = ['10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2'];
    const rules = [aRule({ to: ['203.0.113.0/24', '2001:db8:f::/48'] })];
    await sync(oneGroup(members, rules));
    for (const src of members) device.verdict({ ...flow, dst: src.includes(':') ? '2001:db8:f::5' : flow.dst, src });
    const open = async (): Promise<unknown> => {
      const { body } = await benchWith(device).get('monitor/firewall/sessions?ip_version=ipboth&count=9');
      return objectsIn(objectAt(body, 'results')['details']).map(({ saddr }) => saddr);
    };
    expect(await open()).toEqual(members);
    await sync(oneGroup(['10.0.0.2', '2001:db8::2'], rules));
    expect(await open()).toEqual(['10.0.0.2', '2001:db8::2']);
  });

  it('is undone as a whole when a part of its transaction is refused', async () => {
    const { session, context } = await connect({ version: '7.4' });
    const { resources } = fortigate.lower(oneGroup(['10.0.0.1']), context);
    const group = resources.find(({ kind }) => kind === tables.group6)?.name ?? '';
    device.refuse(tables.group6, group);
    const [batch] = fortigate.batch(diff(resources, (await session.observe()).resources).changes, context);
    const outcomes = await session.send(
      batch ?? { changes: [], atomic: true, nativeCalls: 0 },
      new AbortController().signal,
    );
    expect(new Set(errorsIn(outcomes)).size).toBe(1);
    expect(outcomes).toHaveLength(resources.length);
    expect(device.dump()['root']).toEqual({ feeds: {} });
  });

  it('goes on after a crash that left a transaction open', async () => {
    const { sync, session } = await connect({ version: '7.4' });
    device.fault({ kind: 'reset-before', match: 'action=transaction-(commit|abort)', times: 3 });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))[0]).toContain('transient');
    device.clearFaults();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect(namesIn(device.rows(tables.policy)[0]?.['srcaddr'])).toHaveLength(1);
    expect(await session.live()).toEqual({ state: 'live', evidence: '0 policies read back enabled and in order' });
  });

  it('asks the device which policy decides, and tells when it is another', async () => {
    const { sync, session } = await connect({ route: { srcintf: 'port1' } }, { srcInterfaces: ['port1'] });
    await sync(oneGroup(['10.0.0.1']));
    const [ours = ''] = policies();
    const evidence = async (): Promise<string> => {
      await session.observe();
      return (await session.live()).evidence.replace(/^.*; /, '');
    };
    const about = 'policy-lookup of 10.0.0.1 to 203.0.113.0 TCP/443 finds';
    expect(await evidence()).toBe(`${about} ${ours}`);
    const any = [{ name: 'any' }];
    const all = [{ name: 'all' }];
    const everything = { srcintf: any, dstintf: any, srcaddr: all, dstaddr: all, service: [{ name: 'ALL' }] };
    device.put(tables.policy, { policyid: 9, name: 'lockdown', schedule: 'always', ...everything });
    device.move(9, { before: textOf(device.rows(tables.policy)[0]?.['policyid']) });
    expect(await evidence()).toBe(`${about} lockdown, which is not ours`);
  });

  it('pushes all that is waiting for feeds in one request, and counts what the device took', async () => {
    const { sync, send, context, session } = await connect({ feedEntries: 3 }, { carrier: 'auto' });
    await sync(oneGroup(['10.0.0.1', '10.0.0.2']));
    const before = device.requests().length;
    const delta = { id: '00000000000a', role: 'Accept', added: ['10.0.0.3'], removed: ['10.0.0.1'] } as const;
    expect(errorsIn(await send(fortigate.lowerDelta?.(delta, context) ?? []))).toEqual([]);
    expect(device.requests().length - before).toBe(1);
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
