import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { layoutOf } from '../../../kit/common/groups/shards.ts';
import { f5Afm } from '../adapter.ts';
import { shardRules } from '../lower/context.ts';
import { lowerDelta } from '../lower/groups.ts';
import { sourceName, tables } from '../objects/names.ts';
import type { F5AfmSimulator } from '../simulator/simulator.ts';
import { connectForTest, errorsIn, flow, oneGroup, openSession, owner, rowsAt, rulesPath } from '../testing/device.ts';
import { unprobed } from '../unprobed.ts';

/* Groups, rules and contexts as they stand on a BIG-IP after a sync. */

const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`);

describe('a group', () => {
  it('changes by one request for any number of members that come', async () => {
    const { device, sync } = await connectForTest();
    await sync(oneGroup(['10.0.0.1']));
    const before = device.requests().length;
    await sync(oneGroup(['10.0.0.1', ...hosts(200)]));
    const writes = device
      .requests()
      .slice(before)
      .filter(({ wrote }) => wrote);
    expect(writes.map(({ method }) => method)).toEqual(['PATCH']);
  });

  it('does not give back to a pod what another worker took from it', async () => {
    const { device, session, context, sync, send } = await connectForTest();
    await sync(oneGroup(['10.0.0.1', '10.0.0.2']));
    const { session: other } = await openSession(device);
    await other.probe();
    const delta = (added: readonly string[], removed: readonly string[]) =>
      lowerDelta({ id: '00000000000a', role: 'Accept', added, removed }, context);
    for (const batch of f5Afm.batch(delta([], ['10.0.0.1']), context))
      await other.send(batch, new AbortController().signal);
    expect(device.verdict(flow).action).toBe('Deny');
    // As the worker does when the lease was another's in between.
    session.othersWrote?.();
    expect(errorsIn(await send(delta(['10.0.0.3'], [])))).toEqual([]);
    const verdicts = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((src) => device.verdict({ ...flow, src }).action);
    expect(verdicts).toEqual(['Deny', 'Accept', 'Accept']);
  });

  it('of ten thousand members is divided, and one more is one small request', async () => {
    const { device, sync, send, context, plan } = await connectForTest();
    await sync(oneGroup(hosts(10_000)));
    expect(await plan(oneGroup(hosts(10_000)))).toEqual([]);
    const before = device.requests().length;
    const delta = { id: '00000000000a', role: 'Accept', added: ['10.9.9.9'], removed: [] } as const;
    expect(errorsIn(await send(lowerDelta(delta, context)))).toEqual([]);
    const [request, ...more] = device
      .requests()
      .slice(before)
      .filter(({ wrote }) => wrote);
    expect([more, request?.method, (request?.body.length ?? 0) < 8_000]).toEqual([[], 'PATCH', true]);
    expect(device.verdict({ ...flow, src: '10.9.9.9' }).action).toBe('Accept');
    expect(device.verdict({ ...flow, src: '10.1.39.15' }).action).toBe('Accept');
    expect(device.verdict({ ...flow, src: '10.1.39.16' }).action).toBe('Deny');
  });

  it('grows over the limit and shrinks again without ever lacking a member that stays', async () => {
    const { device, sync, plan } = await connectForTest();
    await sync(oneGroup(['10.0.0.1']));
    const cut: string[] = [];
    device.onRequest(({ method, path }) => {
      if (device.verdict(flow).action === 'Deny') cut.push(`${method} ${path}`);
    });
    for (const count of [300, 1_500, 200, 0]) {
      const desired = oneGroup(['10.0.0.1', ...hosts(count)]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      expect(await plan(desired)).toEqual([]);
      const lists = rowsAt(device, tables.addressList).filter(({ name }) => textOf(name).startsWith('pn-east-src'));
      expect(lists).toHaveLength(
        layoutOf('x', desired.groups[0]?.members ?? [], shardRules({ capabilities: unprobed })).size,
      );
    }
    expect(cut).toEqual([]);
  });

  it('never is without members, and what others put into its list is taken out', async () => {
    const { device, sync, plan } = await connectForTest();
    await sync(oneGroup([]));
    const path = `/mgmt/tm/${tables.addressList}/~postern~${sourceName(owner, '00000000000a')}`;
    const addresses = (): unknown => (device.administer('GET', path) as JsonObject)['addresses'];
    expect(addresses()).toEqual([{ name: '::1:5ee:bad:c0de' }]);
    const strange = { addresses: [{ name: '10.0.0.1-10.0.0.9' }, { name: '0.0.0.0/0' }], geo: [{ name: 'US' }] };
    device.administer('PATCH', path, strange);
    expect(await plan(oneGroup([]))).toHaveLength(1);
    expect(errorsIn(await sync(oneGroup([])))).toEqual([]);
    expect(addresses()).toEqual([{ name: '::1:5ee:bad:c0de' }]);
    expect(await plan(oneGroup([]))).toEqual([]);
  });

  it('takes over lists that a change which broke off has left', async () => {
    const { device, sync, plan } = await connectForTest();
    await sync(oneGroup(['10.0.0.1']));
    device.fault({ kind: 'reset-before', match: '^PATCH .*address-list' });
    const large = oneGroup(['10.0.0.1', ...hosts(300)]);
    expect(errorsIn(await sync(large))[0]).toContain('No answer to PATCH');
    for (let run = 0; run < 2; run += 1) expect(errorsIn(await sync(large))).toEqual([]);
    expect(await plan(large)).toEqual([]);
  });
});

describe('a rule on the device', () => {
  const ruleOf = async (
    rule: Rule,
    setting: Parameters<typeof connectForTest>[0] = {},
  ): Promise<readonly JsonObject[]> => {
    const { device, sync } = await connectForTest(setting);
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'], [rule])))).toEqual([]);
    return rowsAt(device, rulesPath);
  };

  it('has a name and a mark, one protocol, and lists on both sides', async () => {
    const ports = [
      { port: 443, protocol: 'TCP' },
      { port: 5000, endPort: 5010, protocol: 'UDP' },
    ] as const;
    const rows = await ruleOf(aRule({ ports, log: true }));
    expect(rows.map(({ ipProtocol, log, action, status }) => ({ ipProtocol, log, action, status }))).toEqual([
      { ipProtocol: 'tcp', log: 'yes', action: 'accept-decisively', status: 'enabled' },
      { ipProtocol: 'udp', log: 'yes', action: 'accept-decisively', status: 'enabled' },
    ]);
    expect(textOf(rows[0]?.['description'])).toBe(
      'managed-by=postern cluster=east for=000000000001 EgressPolicy/shop/checkout spec.to-0-',
    );
  });

  it('ends by itself on the latest clock, when it ends', async () => {
    const [row] = await ruleOf(aRule({ expiresAt: '2026-12-31T20:00:30+01:00' }));
    expect(row?.['status']).toBe('scheduled');
    expect(textOf(row?.['schedule'])).toContain('/postern/pn-east-until-2027-01-01-09-01-00-');
  });

  it('has the profile that the config maps it to, and is left out without one', async () => {
    const before = (device: F5AfmSimulator): void => {
      device.administer('POST', '/mgmt/tm/ltm/rule', { name: 'slow', partition: 'Common', apiAnonymous: '' });
    };
    const profiles = {
      strict: {
        irule: '/Common/slow',
        iruleSampleRate: 5,
        protocolInspectionProfile: '/Common/protocol_inspection',
        log: true,
      },
    };
    const [row] = await ruleOf(aRule({ profile: 'strict' }), { before, config: { profiles } });
    expect(row).toMatchObject({ irule: '/Common/slow', iruleSampleRate: 5, log: 'yes' });
    expect(row).toMatchObject({ protocolInspectionProfile: '/Common/protocol_inspection' });
    const { context } = await connectForTest();
    const { losses, resources } = f5Afm.lower(oneGroup([], [aRule({ profile: 'strict' })]), context);
    expect([losses.map(({ code }) => code), resources.filter(({ kind }) => kind === tables.rule)]).toEqual([
      ['profile-unknown'],
      [],
    ]);
  });

  it('is in the route domain of its context', async () => {
    const before = (device: F5AfmSimulator): void => {
      device.administer('POST', '/mgmt/tm/net/route-domain', { name: 'rd10', partition: 'Common', id: 10 });
      device.administer('POST', '/mgmt/tm/ltm/virtual', {
        ...{ name: 'egress10', partition: 'Common', destination: '/Common/0.0.0.0%10:0', mask: 'any' },
        ...{ source: '0.0.0.0%10/0', ipForward: true },
      });
    };
    const options = { route: { routeDomain: 10 } };
    const config = { context: { routeDomain: '/Common/rd10' } };
    const { device, sync, context, plan } = await connectForTest({ before, options, config });
    expect(context.capabilities.choices['routeDomain']?.value).toBe('10');
    const desired = oneGroup(['10.0.0.1', '2001:db8::1', '10.9.0.0/24']);
    expect(errorsIn(await sync(desired))).toEqual([]);
    const [source] = rowsAt(device, tables.addressList).filter(({ name }) => textOf(name).includes('-src-'));
    expect(namesIn(source?.['addresses']).toSorted()).toEqual([
      '10.0.0.1%10',
      '10.9.0.0%10/24',
      '2001:db8::1%10',
      '::1:5ee:bad:c0de%10',
    ]);
    expect(await plan(desired)).toEqual([]);
    expect(device.verdict(flow).action).toBe('Accept');
  });

  it.each([
    ['accept-decisively', {}],
    ['accept', { context: { virtualServers: ['/Common/egress', '/Common/egress6'] } }],
  ] as const)('%s with config %j is accepted through the contexts that follow', async (action, config) => {
    const closed = (device: F5AfmSimulator): void => {
      device.administer('POST', `/mgmt/tm/${tables.policy}`, {
        ...{ name: 'closed', partition: 'Common' },
        rules: [{ name: 'all', action: 'drop' }],
      });
      const path = '/mgmt/tm/ltm/virtual/~Common~egress';
      if (!('context' in config)) device.administer('PATCH', path, { fwEnforcedPolicy: '/Common/closed' });
    };
    const { device, sync } = await connectForTest({ before: closed, config });
    const rule = aRule({ to: ['203.0.113.0/24', '2001:db8:f::/48'] });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1', '2001:db8::1'], [rule])))).toEqual([]);
    expect(rowsAt(device, rulesPath).map((row) => row['action'])).toEqual([action]);
    expect(device.verdict({ ...flow, src: '2001:db8::1', dst: '2001:db8:f::1' }).action).toBe('Accept');
    expect(device.verdict(flow).action).toBe('Accept');
    expect(device.verdict({ ...flow, src: '10.0.0.2' }).action).toBe('Deny');
  });

  it('for names stands on a list of names, and without a resolver narrows', async () => {
    const rules = [
      aRule({ id: '000000000002', action: 'Deny', sources: ['00000000000d'], to: ['b.example.com'] }),
      aRule({ to: ['a.example.com', '*.example.com', '203.0.113.0/24'] }),
    ];
    const groups = [aGroup({ members: ['10.0.0.1'] }), aGroup({ id: '00000000000d', role: 'Deny' })];
    const { context } = await connectForTest();
    const desired = aDesiredState({ groups, rules });
    const told = (capabilities = context.capabilities): unknown =>
      f5Afm.lower(desired, { ...context, capabilities }).losses.map(({ id, code, effect }) => [id, code, effect]);
    expect(told()).toEqual([['000000000001', 'wildcard-unknown-to-device', 'narrowed']]);
    expect(told({ ...context.capabilities, domainNames: 'none' })).toEqual([
      ['000000000002', 'names-need-device-resolver', 'narrowed'],
      ['000000000001', 'names-need-device-resolver', 'narrowed'],
    ]);
  });
});

describe('a rule that somebody makes one for ICMP', () => {
  it('is one for its ports again, without the messages', async () => {
    const { device, sync, plan } = await connectForTest();
    const desired = oneGroup(['10.0.0.1']);
    await sync(desired);
    const name = textOf(rowsAt(device, rulesPath)[0]?.['name']);
    const icmp = { ipProtocol: 'icmp', icmp: [{ name: '8:0' }], destination: { portLists: [] } };
    device.administer('PATCH', `/mgmt/tm/${rulesPath}/${name}`, icmp);
    expect(errorsIn(await sync(desired))).toEqual([]);
    const rule = rowsAt(device, rulesPath)[0];
    expect([rule?.['ipProtocol'], rule?.['icmp']]).toEqual(['tcp', undefined]);
    expect(await plan(desired)).toEqual([]);
  });
});

describe('what a context enforces', () => {
  it('stays as it is when it is not ours, and a policy of the user gets one rule instead', async () => {
    const before = (device: F5AfmSimulator): void => {
      device.administer('POST', `/mgmt/tm/${tables.policy}`, {
        ...{ name: 'corporate', partition: 'postern' },
        rules: [{ name: 'dns', action: 'accept-decisively', ipProtocol: 'udp' }],
      });
      const enforcedPolicy = '/postern/corporate';
      device.administer('PATCH', '/mgmt/tm/security/firewall/global-rules', { enforcedPolicy });
    };
    const { session, plan, send } = await connectForTest({ before });
    const { foreign } = await session.observe();
    expect(foreign.map(({ kind, name, found }) => [kind, name, found.includes('/postern/corporate')])).toEqual([
      ['context', 'global', true],
    ]);
    const refused = errorsIn(await send(await plan(oneGroup(['10.0.0.1']))));
    expect(refused[0]).toContain('foreign-owned: context global is left alone');
    const config = { policy: '/postern/corporate', anchor: { after: 'dns' } };
    const { device, sync } = await connectForTest({ before, config });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    const names = rowsAt(device, `${tables.policy}/~postern~corporate/rules`).map(({ name }) => name);
    expect(names).toEqual(['dns', 'pn-east-rules']);
    expect(device.verdict(flow).action).toBe('Accept');
  });
});
