import { afterEach, describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import type { DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { layoutOf } from '../../../kit/common/groups/shards.ts';
import { f5Afm } from '../adapter.ts';
import { shardRules } from '../lower/context.ts';
import { lowerDelta } from '../lower/groups.ts';
import { sourceName, tables } from '../objects/names.ts';
import { startF5Afm, type F5AfmSimulator } from '../simulator/simulator.ts';
import { unprobed } from '../unprobed.ts';
import {
  connect as connectTo,
  errorsIn,
  openSession,
  owner,
  rowsAt,
  rulesPath,
  startDevice,
  StillClock,
  type Connected,
} from '../testing/device.ts';

const started: F5AfmSimulator[] = [];

async function connect(...setting: Parameters<typeof connectTo>): Promise<Connected> {
  const connected = await connectTo(...setting);
  started.push(connected.device);
  return connected;
}

afterEach(async () => {
  for (const device of started.splice(0)) await device.close();
});

function oneGroup(members: readonly string[], rules: readonly Rule[] = [aRule()]): DesiredState {
  return aDesiredState({ groups: [aGroup({ members })], rules });
}

const hosts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.1.${index >> 8}.${index & 255}`);
const flow = { src: '10.0.0.1', dst: '203.0.113.5', port: 443, protocol: 'TCP' } as const;
const aborted = new AbortController().signal;

describe('the probe of a BIG-IP', () => {
  it('reads the version, and says what it chose and why', async () => {
    const { context } = await connect({ options: { version: '16.1' } });
    const { choices, ...rest } = context.capabilities;
    expect(rest).toEqual({
      ...{
        version: '16.1.0',
        emptyGroup: 'any',
        groupsAs: ['source', 'destination'],
        memberUpdates: 'replace',
        lock: 'none',
        serialised: 'target',
        settleSeconds: 10,
        domainNames: 'exact',
        transactions: true,
      },
      ...{ maxMembersPerGroup: 256, maxObjects: {} },
    });
    expect(Object.fromEntries(Object.entries(choices).map(([name, { value }]) => [name, value]))).toEqual({
      as3: 'no',
      partition: 'present',
      accept: 'accept-decisively',
      enforcement: 'global',
      names: '/Common/edge',
      routeDomain: '0',
      redundancy: 'standalone',
    });
  });

  it.each([
    ['AS3 manages partition postern', { as3Tenants: ['postern'] }, {}],
    ['There is no /Common/rd9, which config.context names', {}, { context: { routeDomain: '/Common/rd9' } }],
    ['There is no policy /postern/corporate', {}, { policy: '/postern/corporate' }],
  ] as const)('refuses: %s', async (told, options, config) => {
    const device = await startDevice({ options });
    started.push(device);
    const { session } = await openSession(device, { config });
    await expect(session.probe()).rejects.toThrow(told);
    await expect(session.probe()).rejects.toMatchObject({ errorClass: 'unsupported' });
    expect(device.requests().filter(({ wrote }) => wrote)).toEqual([]);
  });

  it('refuses a BIG-IP without AFM, and says how to have it', async () => {
    const device = await startDevice({ options: { afm: 'none' } });
    started.push(device);
    const { session } = await openSession(device);
    await expect(session.probe()).rejects.toMatchObject({
      errorClass: 'unsupported',
      message: 'AFM is not provisioned on this BIG-IP: tmsh modify sys provision afm level nominal.',
    });
    expect(device.requests().filter(({ wrote }) => wrote)).toEqual([]);
  });

  it('refuses TMOS before 12.0, which knows no names in lists', async () => {
    const device = await startF5Afm({ port: 0, version: '11.6' });
    started.push(device);
    await expect((await openSession(device)).session.probe()).rejects.toThrow('TMOS 11.6.0 is too old');
  });

  it('takes a partition that AS3 does not manage, and says so when it may not know', async () => {
    const { context } = await connect({ options: { as3Tenants: ['elsewhere'] } });
    expect(context.capabilities.choices['as3']?.value).toBe('no');
  });

  it('refuses a policy that cannot refer to our partition', async () => {
    const device = await startDevice({
      before: (other) => other.administer('POST', `/mgmt/tm/${tables.policy}`, { name: 'edge', partition: 'Common' }),
    });
    started.push(device);
    const { session } = await openSession(device, { config: { policy: '/Common/edge' } });
    await expect(session.probe()).rejects.toThrow('set config.partition to Common');
  });

  it('knows no names without a resolver, or with another one than was asked for', async () => {
    const without = await connect({
      before: (device) =>
        device.administer('PATCH', '/mgmt/tm/security/firewall/global-fqdn-policy', { dnsResolver: 'none' }),
    });
    const other = await connect({ config: { dnsResolver: '/Common/inside' } });
    for (const { context } of [without, other]) expect(context.capabilities.domainNames).toBe('none');
  });
});

describe('the token of a session', () => {
  it('is one for everything, and is given back at the end', async () => {
    const { device, session, sync } = await connect();
    await sync(oneGroup(['10.0.0.1']));
    await session.live();
    await session.close();
    const about = device.requests().filter(({ path }) => path.includes('/authn/') || path.includes('/authz/'));
    expect(about.map(({ method, status }) => [method, status])).toEqual([
      ['POST', 200],
      ['DELETE', 200],
    ]);
  });

  it('lives longer before it ends, and is exchanged when it cannot', async () => {
    const clock = new StillClock();
    const { device, session } = await connect({ clock });
    const seen: string[] = [];
    device.onRequest(({ method, path }) => {
      if (/\/auth[nz]\//.test(path)) seen.push(`${method} ${path.includes('login') ? 'login' : 'token'}`);
    });
    for (let step = 0; step < 40; step += 1) {
      clock.ms += 1_000_000;
      await session.live();
    }
    expect(new Set(seen.slice(0, 30))).toEqual(new Set(['PATCH token']));
    expect(seen.slice(30)).toContain('POST login');
    expect(device.requests().filter(({ status }) => status === 401)).toEqual([]);
  });

  it('is replaced in the middle of a transaction when the device has forgotten it', async () => {
    const clock = new StillClock();
    const { device, plan, send } = await connect({ clock, options: { tokenSeconds: 100 } });
    const changes = await plan(oneGroup(['10.0.0.1']));
    let late = false;
    device.onRequest(({ path }) => {
      if (late || !path.includes('address-list')) return;
      late = true;
      device.fault({ kind: 'error-before', status: 401 });
    });
    expect(errorsIn(await send(changes))).toEqual([]);
    expect(late).toBe(true);
    expect(device.requests().filter(({ path }) => path.includes('login'))).toHaveLength(2);
    expect(device.verdict(flow).action).toBe('Accept');
  });

  it('is not to be had when there are too many, which is told', async () => {
    const device = await startDevice({ options: { tokensPerUser: 1 } });
    started.push(device);
    await (await openSession(device)).session.probe();
    const { session } = await openSession(device);
    await expect(session.probe()).rejects.toThrow('100 live tokens');
    await expect(session.probe()).rejects.toMatchObject({ errorClass: 'throttled' });
  });
});

describe('a transaction', () => {
  it('makes rules, lists and what enforces them visible at one instant', async () => {
    const { device, sync } = await connect();
    const dumps = new Set<string>();
    device.onRequest(() => dumps.add(JSON.stringify(device.dump())));
    await sync(oneGroup(['10.0.0.1']));
    expect(dumps.size).toBe(2);
    expect(device.verdict(flow).action).toBe('Accept');
  });

  it('can be rehearsed: the device says what it would say, and nothing changes', async () => {
    const { device, session, plan } = await connect();
    const changes = await plan(oneGroup(['10.0.0.1']));
    const before = device.dump();
    await session.rehearse(changes, aborted);
    device.administer('POST', `/mgmt/tm/${tables.ruleList}`, { name: 'pn-east-rules', partition: 'postern' });
    await expect(session.rehearse(changes, aborted)).rejects.toMatchObject({ errorClass: 'conflict' });
    device.administer('DELETE', `/mgmt/tm/${tables.ruleList}/~postern~pn-east-rules`);
    expect(device.dump()).toEqual(before);
  });

  it('leaves nothing half done when a command of it is refused', async () => {
    const { device, plan, send } = await connect();
    const changes = await plan(oneGroup(['10.0.0.1']));
    device.administer('POST', `/mgmt/tm/${tables.portList}`, {
      ...{ name: changes.find(({ key }) => key.kind === tables.portList)?.key.name ?? '', partition: 'postern' },
      ports: [{ name: '1' }],
    });
    const before = device.dump();
    expect(errorsIn(await send(changes))[0]).toContain(
      'conflict: PATCH /mgmt/tm/transaction/{name}: an object of that name',
    );
    expect(device.dump()).toEqual(before);
  });

  it('does not take 202 for done', async () => {
    const { device, sync, plan } = await connect();
    await sync(oneGroup(['10.0.0.1']));
    device.postpone(1);
    expect(errorsIn(await sync(oneGroup(['10.0.0.1', '10.0.0.2'])))[0]).toContain('does not report the result');
    expect(await plan(oneGroup(['10.0.0.1', '10.0.0.2']))).toHaveLength(1);
  });
});

describe('a group', () => {
  it('changes by one request for any number of members that come', async () => {
    const { device, sync } = await connect();
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
    const { device, session, context, sync, send } = await connect();
    await sync(oneGroup(['10.0.0.1', '10.0.0.2']));
    const { session: other } = await openSession(device);
    await other.probe();
    const delta = (added: readonly string[], removed: readonly string[]) =>
      lowerDelta({ id: '00000000000a', role: 'Accept', added, removed }, context);
    for (const batch of f5Afm.batch(delta([], ['10.0.0.1']), context)) await other.send(batch, aborted);
    expect(device.verdict(flow).action).toBe('Deny');
    // As the worker does when the lease was another's in between.
    session.othersWrote?.();
    expect(errorsIn(await send(delta(['10.0.0.3'], [])))).toEqual([]);
    const verdicts = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((src) => device.verdict({ ...flow, src }).action);
    expect(verdicts).toEqual(['Deny', 'Accept', 'Accept']);
  });

  it('of ten thousand members is divided, and one more is one small request', async () => {
    const { device, sync, send, context, plan } = await connect();
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
    const { device, sync, plan } = await connect();
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
    const { device, sync, plan } = await connect();
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
    const { device, sync, plan } = await connect();
    await sync(oneGroup(['10.0.0.1']));
    device.fault({ kind: 'reset-before', match: '^PATCH .*address-list' });
    const large = oneGroup(['10.0.0.1', ...hosts(300)]);
    expect(errorsIn(await sync(large))[0]).toContain('No answer to PATCH');
    for (let run = 0; run < 2; run += 1) expect(errorsIn(await sync(large))).toEqual([]);
    expect(await plan(large)).toEqual([]);
  });
});

describe('a rule on the device', () => {
  const ruleOf = async (rule: Rule, setting: Parameters<typeof connectTo>[0] = {}): Promise<readonly JsonObject[]> => {
    const { device, sync } = await connect(setting);
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
    const { context } = await connect();
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
    const { device, sync, context, plan } = await connect({ before, options, config });
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
    const { device, sync } = await connect({ before: closed, config });
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
    const { context } = await connect();
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
    const { device, sync, plan } = await connect();
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
    const { session, plan, send } = await connect({ before });
    const { foreign } = await session.observe();
    expect(foreign.map(({ kind, name, found }) => [kind, name, found.includes('/postern/corporate')])).toEqual([
      ['context', 'global', true],
    ]);
    const refused = errorsIn(await send(await plan(oneGroup(['10.0.0.1']))));
    expect(refused[0]).toContain('foreign-owned: context global is left alone');
    const config = { policy: '/postern/corporate', anchor: { after: 'dns' } };
    const { device, sync } = await connect({ before, config });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    const names = rowsAt(device, `${tables.policy}/~postern~corporate/rules`).map(({ name }) => name);
    expect(names).toEqual(['dns', 'pn-east-rules']);
    expect(device.verdict(flow).action).toBe('Accept');
  });
});

describe('a partition that is not there', () => {
  it('is made with the first change, and not before', async () => {
    const { device, session, sync, plan } = await connect({ config: { partition: 'egress' } });
    const desired = oneGroup(['10.0.0.1']);
    expect((await plan(desired)).length).toBeGreaterThan(5);
    expect(device.requests().filter(({ wrote }) => wrote)).toEqual([]);
    expect(errorsIn(await sync(desired))).toEqual([]);
    expect(await plan(desired)).toEqual([]);
    expect(device.verdict(flow).action).toBe('Accept');
    await session.close();
  });

  it('is asked for where this user may not make it', async () => {
    const user = { role: 'manager', partition: 'postern' } as const;
    const { sync } = await connect({ config: { partition: 'egress' }, options: { user } });
    const [error] = errorsIn(await sync(oneGroup(['10.0.0.1'])));
    expect(error).toBe(
      'forbidden: There is no partition egress, and this user may not make one. Make it: tmsh create auth partition egress',
    );
  });
});

describe('a user who may write in our partition only', () => {
  it('cannot bind a policy outside of it, and the error says which role can', async () => {
    const user = { role: 'manager', partition: 'postern' } as const;
    const { device, sync } = await connect({ options: { user } });
    const before = device.dump();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))[0]).toMatch(/^forbidden: .*firewall-manager or resource-admin/);
    expect(device.dump()).toEqual(before);
  });
});
