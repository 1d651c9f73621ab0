import { describe, expect, it } from 'vitest';
import { aDesiredState, aGroup, aRule } from '../../../test/kit/builders.ts';
import { diff } from '../../../src/core/plan/diff.ts';
import { textOf } from '../../../kit/common/api/json.ts';
import { fortigate } from '../adapter.ts';
import { tables } from '../objects/names.ts';
import { TestDevice, errorsIn, flow, oneGroup } from '../testing/test-device.ts';

const on = new TestDevice();

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
    on.device.put(tables.policy, { policyid: 1, name: 'first', ...others });
    on.device.put(tables.policy, { policyid: 2, name: 'second', ...others });
  };

  it.each([
    ['top', [1, 2]],
    ['bottom', [0, 1]],
    [{ below: 'first' }, [0, 2]],
    [{ above: 'second' }, [0, 2]],
  ] as const)('begins our block at the anchor %j', async (anchor, [first, second]) => {
    const { sync } = await on.connect({}, { anchor });
    plantTwo();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect([on.policies.indexOf('first'), on.policies.indexOf('second')]).toEqual(
      anchor === 'bottom' ? [0, 1] : [first, second],
    );
    expect(on.policies).toHaveLength(3);
  });

  it.each(['7.2', '7.4'])('is found by its name where the device answers 0 for its id, on %s', async (version) => {
    const { sync, plan } = await on.connect({ version, tellsNewId: false }, { anchor: { above: 'second' } });
    plantTwo();
    const desired = oneGroup(['10.0.0.1']);
    expect(errorsIn(await sync(desired))).toEqual([]);
    expect([on.policies.indexOf('first'), on.policies.indexOf('second'), await plan(desired)]).toEqual([0, 2, []]);
  });

  it.each(['7.2', '7.4'])(
    'goes back in front of an accepting policy that was put between ours, on %s',
    async (version) => {
      const { sync, session, context } = await on.connect({ version });
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
      const ours = on.policies;
      const denied = (): string => on.device.verdict({ ...flow, src: '10.0.0.1' }).action;
      on.device.put(tables.policy, { policyid: 900, name: 'in haste', ...others, action: 'accept' });
      on.device.move(900, { after: textOf(on.device.rows(tables.policy)[0]?.['policyid']) });
      expect(denied()).toBe('Accept');
      expect((await session.observe()).foreign).toEqual([
        {
          kind: tables.policy,
          name: 'in haste',
          found: expect.stringContaining('accepting policy within Postern') as string,
        },
      ]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      expect(on.policies).toEqual([...ours, 'in haste']);
      expect(denied()).toBe('Deny');
      const { resources } = fortigate.lower(desired, context);
      const observed = await session.observe();
      expect([diff(resources, observed.resources).changes, observed.foreign]).toEqual([[], []]);
    },
  );

  it('is not raised above a denying policy that was put between ours, which is told', async () => {
    const { sync, session } = await on.connect();
    const desired = oneGroup(['10.0.0.1'], [aRule(), aRule({ id: '000000000002', to: ['198.51.100.0/24'] })]);
    await sync(desired);
    on.device.put(tables.policy, { policyid: 900, name: 'stop', ...others });
    on.device.move(900, { after: textOf(on.device.rows(tables.policy)[0]?.['policyid']) });
    const before = on.policies;
    expect(await sync(desired)).toEqual([]);
    expect(on.policies).toEqual(before);
    expect((await session.observe()).foreign.map(({ name }) => name)).toEqual(['stop']);
    expect((await session.live()).evidence).toBe(
      '2 policies read back enabled and in order; between them are policies of others: stop',
    );
  });

  it('is not made when the anchor is not there', async () => {
    const { sync } = await on.connect({}, { anchor: { below: 'nowhere' }, transactions: 'off' });
    plantTwo();
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))[0]).toContain('no policy nowhere');
    expect(on.device.verdict({ ...flow, src: '10.0.0.1' })).toEqual({ action: 'Deny', rule: 'first' });
  });

  it('is made once when the answer to its creation is lost', async () => {
    const { sync } = await on.connect({ version: '7.2' });
    on.device.fault({ kind: 'reset-after', match: 'POST .*firewall/policy' });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect(on.policies).toHaveLength(1);
    expect(on.device.verdict({ ...flow, src: '10.0.0.1' }).action).toBe('Accept');
  });

  it('is waited for a moment when the device does not find what it has just made', async () => {
    const { sync, slept } = await on.connect({ version: '7.2' });
    on.device.put(tables.policy, { policyid: 1, name: 'first', ...others });
    on.device.fault({ kind: 'error-before', status: 404, match: 'PUT .*firewall/policy' });
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'])))).toEqual([]);
    expect(slept).toEqual([300]);
  });

  it.each(['6.4', '7.2.3'])(
    'ends by itself though nobody tells it to, and its schedule goes with it, on %s',
    async (version) => {
      const expiresAt = '2027-01-31T00:00:00Z';
      let now = Date.parse(expiresAt) - 1;
      const { sync, session, context } = await on.connect({ version, now: () => now });
      const desired = oneGroup(['10.0.0.1'], [aRule({ expiresAt })]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      const permitted = (): string => on.device.verdict({ ...flow, src: '10.0.0.1' }).action;
      expect(permitted()).toBe('Accept');
      now += 26 * 3_600_000;
      expect(permitted()).toBe('Deny');
      const [schedule] = on.device.rows(tables.schedule);
      on.device.put(tables.schedule, { name: textOf(schedule?.['name']), end: '00:00 2030/01/01' });
      expect(permitted()).toBe('Accept');
      await sync(desired);
      expect(permitted()).toBe('Deny');
      const { resources } = fortigate.lower(desired, context);
      expect(diff(resources, (await session.observe()).resources).changes).toEqual([]);
      await sync(aDesiredState());
      expect(on.device.rows(tables.schedule)).toEqual([]);
    },
  );

  it.each(['6.4', '7.4'])('may end as late as a text can say, and spoils nothing, on %s', async (version) => {
    for (const expiresAt of ['9999-12-31T23:59:59Z', '2038-01-19T03:14:08Z', '2038-01-16T23:59:59-12:00']) {
      const { sync, session, context } = await on.connect({ version });
      const deny = aRule({ id: '000000000002', action: 'Deny', expiresAt });
      const desired = oneGroup(['10.0.0.1'], [deny, aRule({ expiresAt })]);
      expect(errorsIn(await sync(desired))).toEqual([]);
      expect(diff(fortigate.lower(desired, context).resources, (await session.observe()).resources).changes).toEqual(
        [],
      );
      await on.device.close();
    }
  });

  it.each(['7.2.4', '7.6'])('ends by itself to the second, in UTC, on %s', async (version) => {
    const expiresAt = '2027-01-31T00:00:30Z';
    let now = Date.parse(expiresAt) - 1;
    const { sync, session, context } = await on.connect({ version, now: () => now });
    const desired = oneGroup(['10.0.0.1'], [aRule({ expiresAt })]);
    expect(errorsIn(await sync(desired))).toEqual([]);
    const permitted = (): string => on.device.verdict({ ...flow, src: '10.0.0.1' }).action;
    expect([permitted(), on.device.rows(tables.schedule)]).toEqual(['Accept', []]);
    now += 1;
    expect(permitted()).toBe('Deny');
    const policyid = textOf(on.device.rows(tables.policy)[0]?.['policyid']);
    on.device.put(tables.policy, { policyid, 'policy-expiry-date': '2030-01-01 00:00:00' });
    expect(permitted()).toBe('Accept');
    await sync(desired);
    expect(permitted()).toBe('Deny');
    const { resources } = fortigate.lower(desired, context);
    expect(diff(resources, (await session.observe()).resources).changes).toEqual([]);
  });

  it('is left to the controller to end where schedules are out of reach', async () => {
    const { sync, context } = await on.connect({ version: '7.2.3', permissions: { 'fwgrp.schedule': 'none' } });
    expect(context.capabilities.choices['expiry']?.value).toBe('none');
    expect(errorsIn(await sync(oneGroup(['10.0.0.1'], [aRule({ expiresAt: '2027-01-31T00:00:00Z' })])))).toEqual([]);
    expect(on.device.rows(tables.policy).map((row) => row['schedule'])).toEqual(['always']);
  });

  it('has hit counters under the id of its rule', async () => {
    for (const version of ['6.4', '7.6']) {
      const { sync, session } = await on.connect({ version, now: () => 1_700_000_000_000 });
      await sync(oneGroup(['10.0.0.1'], [aRule(), aRule({ id: '000000000002', to: ['198.51.100.0/24'] })]));
      on.device.verdict({ ...flow, src: '10.0.0.1' });
      const at = '2023-11-14T22:13:20.000Z';
      expect(await session.evidence?.()).toEqual([
        { rule: '000000000001', hits: 1, firstHit: at, lastHit: at },
        { rule: '000000000002', hits: 0 },
      ]);
      if (version === '6.4') await on.device.close();
    }
  });
});
