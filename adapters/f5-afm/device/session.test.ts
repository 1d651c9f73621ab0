import { describe, expect, it } from 'vitest';
import { tables } from '../objects/names.ts';
import { startF5Afm } from '../simulator/simulator.ts';
import { connectForTest, errorsIn, flow, oneGroup, openSession, startForTest, StillClock } from '../testing/device.ts';

/* Sessions: the probe, tokens, transactions, and what an account may do. */

describe('the probe of a BIG-IP', () => {
  it('reads the version, and says what it chose and why', async () => {
    const { context } = await connectForTest({ options: { version: '16.1' } });
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
    const device = await startForTest({ options });
    const { session } = await openSession(device, { config });
    await expect(session.probe()).rejects.toThrow(told);
    await expect(session.probe()).rejects.toMatchObject({ errorClass: 'unsupported' });
    expect(device.requests().filter(({ wrote }) => wrote)).toEqual([]);
  });

  it('refuses a BIG-IP without AFM, and says how to have it', async () => {
    const device = await startForTest({ options: { afm: 'none' } });
    const { session } = await openSession(device);
    await expect(session.probe()).rejects.toMatchObject({
      errorClass: 'unsupported',
      message: 'AFM is not provisioned on this BIG-IP: tmsh modify sys provision afm level nominal.',
    });
    expect(device.requests().filter(({ wrote }) => wrote)).toEqual([]);
  });

  it('refuses TMOS before 12.0, which knows no names in lists', async () => {
    const device = await startF5Afm({ port: 0, version: '11.6' });
    await expect((await openSession(device)).session.probe()).rejects.toThrow('TMOS 11.6.0 is too old');
  });

  it('takes a partition that AS3 does not manage, and says so when it may not know', async () => {
    const { context } = await connectForTest({ options: { as3Tenants: ['elsewhere'] } });
    expect(context.capabilities.choices['as3']?.value).toBe('no');
  });

  it('refuses a policy that cannot refer to our partition', async () => {
    const device = await startForTest({
      before: (other) => other.administer('POST', `/mgmt/tm/${tables.policy}`, { name: 'edge', partition: 'Common' }),
    });
    const { session } = await openSession(device, { config: { policy: '/Common/edge' } });
    await expect(session.probe()).rejects.toThrow('set config.partition to Common');
  });

  it('knows no names without a resolver, or with another one than was asked for', async () => {
    const without = await connectForTest({
      before: (device) =>
        device.administer('PATCH', '/mgmt/tm/security/firewall/global-fqdn-policy', { dnsResolver: 'none' }),
    });
    const other = await connectForTest({ config: { dnsResolver: '/Common/inside' } });
    for (const { context } of [without, other]) expect(context.capabilities.domainNames).toBe('none');
  });
});

describe('the token of a session', () => {
  it('is one for everything, and is given back at the end', async () => {
    const { device, session, sync } = await connectForTest();
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
    const { device, session } = await connectForTest({ clock });
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
    const { device, plan, send } = await connectForTest({ clock, options: { tokenSeconds: 100 } });
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
    const device = await startForTest({ options: { tokensPerUser: 1 } });
    await (await openSession(device)).session.probe();
    const { session } = await openSession(device);
    await expect(session.probe()).rejects.toThrow('100 live tokens');
    await expect(session.probe()).rejects.toMatchObject({ errorClass: 'throttled' });
  });
});

describe('a transaction', () => {
  it('makes rules, lists and what enforces them visible at one instant', async () => {
    const { device, sync } = await connectForTest();
    const dumps = new Set<string>();
    device.onRequest(() => dumps.add(JSON.stringify(device.dump())));
    await sync(oneGroup(['10.0.0.1']));
    expect(dumps.size).toBe(2);
    expect(device.verdict(flow).action).toBe('Accept');
  });

  it('can be rehearsed: the device says what it would say, and nothing changes', async () => {
    const { device, session, plan } = await connectForTest();
    const changes = await plan(oneGroup(['10.0.0.1']));
    const before = device.dump();
    await session.rehearse(changes, new AbortController().signal);
    device.administer('POST', `/mgmt/tm/${tables.ruleList}`, { name: 'pn-east-rules', partition: 'postern' });
    await expect(session.rehearse(changes, new AbortController().signal)).rejects.toMatchObject({
      errorClass: 'conflict',
    });
    device.administer('DELETE', `/mgmt/tm/${tables.ruleList}/~postern~pn-east-rules`);
    expect(device.dump()).toEqual(before);
  });

  it('leaves nothing half done when a command of it is refused', async () => {
    const { device, plan, send } = await connectForTest();
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
    const { device, sync, plan } = await connectForTest();
    await sync(oneGroup(['10.0.0.1']));
    device.postpone(1);
    expect(errorsIn(await sync(oneGroup(['10.0.0.1', '10.0.0.2'])))[0]).toContain('does not report the result');
    expect(await plan(oneGroup(['10.0.0.1', '10.0.0.2']))).toHaveLength(1);
  });
});

describe('a partition that is not there', () => {
  it('is made with the first change, and not before', async () => {
    const { device, session, sync, plan } = await connectForTest({ config: { partition: 'egress' } });
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
    const { sync } = await connectForTest({ config: { partition: 'egress' }, options: { user } });
    const [error] = errorsIn(await sync(oneGroup(['10.0.0.1'])));
    expect(error).toBe(
      'forbidden: There is no partition egress, and this user may not make one. Make it: tmsh create auth partition egress',
    );
  });
});

describe('a user who may write in our partition only', () => {
  it('cannot bind a policy outside of it, and the error says which role can', async () => {
    const user = { role: 'manager', partition: 'postern' } as const;
    const { device, sync } = await connectForTest({ options: { user } });
    const before = device.dump();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))[0]).toMatch(/^forbidden: .*firewall-manager or resource-admin/);
    expect(device.dump()).toEqual(before);
  });
});
