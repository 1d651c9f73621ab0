import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../../../test/kit/builders.ts';
import { TestDevice } from '../../../testing/test-device.ts';

const on = new TestDevice();

describe('the probe of a FortiGate', () => {
  it('reads version and limits, and says what it chose and why', async () => {
    const limits = { items: { 'firewall/addrgrp.member': 300 }, tables: { 'firewall/address': 4_000 } };
    const { context } = await on.connect({ version: '7.4.4', limits }, { carrier: 'auto' });
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
      mode: 'profile-based',
      redundancy: 'standalone',
      saving: 'automatic',
      names: 'by address',
    });
  });

  it.each([
    ['7.0', {}, 'objects', 'Pushed feeds exist since FortiOS 7.2.1; this is 7.0.14.'],
    ['7.6', { 'sysgrp.cfg': 'none' }, 'objects', 'sysgrp.cfg'],
  ] as const)('falls back to objects on %s with permissions %j', async (version, permissions, value, reason) => {
    const { context } = await on.connect({ version, permissions }, { carrier: 'auto' });
    const { carrier } = context.capabilities.choices;
    expect({ value: carrier?.value, told: carrier?.reason.includes(reason) }).toEqual({ value, told: true });
  });

  it.each([
    [63, 'objects'],
    [64, 'pushFeed'],
  ])('of a device with %i feeds chooses %s', async (feeds, carrier) => {
    const limits = { tables: { 'system/external-resource': feeds } };
    const { context } = await on.connect({ limits }, { carrier: 'auto' });
    expect(context.capabilities.choices['carrier']?.value).toBe(carrier);
    expect(context.capabilities.maxObjects['system/external-resource']).toBe(feeds);
  });

  it('names the access group that is missing, and how to grant it', async () => {
    await expect(on.connect({ permissions: { 'fwgrp.policy': 'none' } })).rejects.toMatchObject({
      errorClass: 'forbidden',
      message: expect.stringMatching(/fwgrp\.policy.*set policy read-write/) as string,
    });
  });

  it('takes a refused token for what it is, and keeps it to itself', async () => {
    const token = 'not-the-token-of-anybody';
    const refused = on.connect({}, {}, { token });
    await expect(refused).rejects.toMatchObject({ errorClass: 'auth', details: { status: 401 } });
    await refused.catch((error: unknown) => expect(JSON.stringify(error)).not.toContain(token));
  });

  it.each(['7.2', '7.4', '7.6'])('does not write past a FortiManager unless it is told to, on %s', async (version) => {
    await expect(on.connect({ managed: true, version })).rejects.toMatchObject({ errorClass: 'unsupported' });
    await on.device.close();
    const { context } = await on.connect({ managed: true, version }, { allowFortiManagerManaged: true });
    expect(context.capabilities.choices['fortimanager']?.value).toBe('yes');
  });

  it('trusts no certificate that the secret does not vouch for', async () => {
    const failure = on.connect({}, {}, { 'ca.crt': '' });
    await expect(failure).rejects.toMatchObject({
      errorClass: 'auth',
      message: expect.stringContaining('ca.crt') as string,
    });
  });
});

describe('a VDOM in which security policies decide', () => {
  it('is not written to, for a firewall policy denies nothing there', async () => {
    await expect(on.connect({ ngfwMode: 'policy-based' })).rejects.toMatchObject({
      errorClass: 'unsupported',
      message: expect.stringMatching(/VDOM root is in NGFW mode policy-based/) as string,
    });
  });

  it('is not known where the API user may not read the settings', async () => {
    const { context } = await on.connect({ permissions: { 'sysgrp.cfg': 'none' } });
    const { mode, redundancy, saving } = context.capabilities.choices;
    expect([mode?.value, redundancy?.value, saving?.value]).toEqual(['unknown', 'unknown', 'unknown']);
  });
});

describe('a device that does not save by itself', () => {
  it('is not written to where it takes changes back, for withdrawn addresses would return', async () => {
    await expect(on.connect({ saving: 'revert' })).rejects.toMatchObject({
      errorClass: 'unsupported',
      message: expect.stringMatching(/cfg-save revert.*set cfg-save automatic/) as string,
    });
  });

  it('is told where a reboot brings changes back', async () => {
    const { context } = await on.connect({ saving: 'manual' });
    const { saving } = context.capabilities.choices;
    expect([saving?.value, saving?.reason]).toEqual(['manual', expect.stringMatching(/execute cfg save/)]);
  });
});

describe('a cluster', () => {
  const desired = aDesiredState({ groups: [aGroup({ members: ['10.0.0.1'] })], rules: [aRule()] });

  it.each(['6.4', '7.0', '7.6'])('is read and written to at its primary alone, on %s', async (version) => {
    const { device, session, context, sync, plan } = await on.connect({ version, cluster: true });
    expect(context.capabilities.choices['redundancy']?.value).toBe('primary');
    await sync(desired);
    expect(await plan(desired)).toEqual([]);
    device.failover();
    await expect(session.observe()).rejects.toMatchObject({ errorClass: 'busy' });
    await expect(session.probe()).rejects.toThrow(/This unit is secondary, and the active one is FGVMSIM000000002;/);
    device.failover();
    expect(await plan(desired)).toEqual([]);
  });
});
