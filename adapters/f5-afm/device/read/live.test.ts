import { describe, expect, it } from 'vitest';
import { aRule } from '../../../../test/kit/builders.ts';
import { connectForTest, flow, oneGroup, StillClock } from '../../testing/device.ts';

describe('what is in force', () => {
  it('is pending while the rule compiler is at work', async () => {
    const clock = new StillClock();
    const { device, session, sync } = await connectForTest({ clock, options: { compileMs: 4_000 } });
    clock.ms += 10_000;
    await sync(oneGroup(['10.0.0.1']));
    await session.observe();
    expect((await session.live()).state).toBe('pending');
    expect(device.verdict(flow).action).toBe('Deny');
    clock.ms += 10_000;
    expect(await session.live()).toEqual({
      state: 'live',
      evidence: '1 rules read back, and the rule compiler is quiescent; the running configuration is not saved yet',
      lookAgainAfterMs: 20_000,
    });
    expect(device.verdict(flow).action).toBe('Accept');
  });

  it('is pending while the compiler has yet to begin, whatever the clock of the device', async () => {
    for (const aheadMs of [0, 3_600_000, -3_600_000]) {
      const clock = new StillClock();
      const options = { compileAfterMs: 3_000, compileMs: 2_000, now: () => clock.ms + aheadMs };
      const { device, session, sync } = await connectForTest({ clock, options });
      clock.ms += 20_000;
      await sync(oneGroup(['10.0.0.1']));
      clock.ms += 1_000;
      const { state, evidence } = await session.live();
      expect([state, device.verdict(flow).action]).toEqual(['pending', 'Deny']);
      expect(evidence).toMatch(/^the rule compiler has yet to begin: it last ended at \w{3} \d\d 20\d\d .*, before/);
      clock.ms += 3_000;
      expect((await session.live()).evidence).toBe('the rule compiler of the device is compiling');
      clock.ms += 2_000;
      expect([(await session.live()).state, device.verdict(flow).action]).toEqual(['live', 'Accept']);
    }
  });

  it('is not waited for where the compiler has nothing to do', async () => {
    const clock = new StillClock();
    const { session, sync } = await connectForTest({ clock, options: { compileAfterMs: 60_000 } });
    clock.ms += 20_000;
    await sync(oneGroup(['10.0.0.1']));
    clock.ms += 9_000;
    expect((await session.live()).state).toBe('pending');
    clock.ms += 1_000;
    expect((await session.live()).state).toBe('live');
  });

  it('says when to look again, as long as something is not saved', async () => {
    const clock = new StillClock();
    const { session, sync } = await connectForTest({ clock });
    const due = async (): Promise<number | undefined> => (await session.live()).lookAgainAfterMs;
    await sync(oneGroup(['10.0.0.1']));
    clock.ms += 1_000;
    expect(await due()).toBe(29_000);
    for (let i = 2; i <= 11; i += 1) {
      clock.ms += 28_000;
      await sync(oneGroup(['10.0.0.1', `10.0.0.${i}`]));
    }
    // Not thirty seconds after the last: five minutes after the first.
    expect(await due()).toBe(19_000);
    clock.ms += 19_000;
    expect(await due()).toBeUndefined();
  });

  it('is saved when nothing was written for a while, and otherwise is written again after a reboot', async () => {
    const clock = new StillClock();
    const { device, session, sync, plan } = await connectForTest({ clock });
    const desired = oneGroup(['10.0.0.1']);
    await sync(desired);
    const saves = (): number => device.requests().filter(({ path }) => path.endsWith('/sys/config')).length;
    await session.live();
    expect(saves()).toBe(0);
    clock.ms += 31_000;
    await session.live();
    await session.live();
    expect(saves()).toBe(1);
    device.reboot();
    expect(await plan(desired)).toEqual([]);
    await sync(oneGroup(['10.0.0.1', '10.0.0.2']));
    device.reboot();
    expect(await plan(oneGroup(['10.0.0.1', '10.0.0.2']))).toHaveLength(1);
    await session.close();
    expect(saves()).toBe(2);
  });

  it('stays in force when it cannot be saved, which is told and tried again', async () => {
    const clock = new StillClock();
    const { device, session, sync } = await connectForTest({ clock });
    await sync(oneGroup(['10.0.0.1']));
    await session.observe();
    clock.ms += 31_000;
    device.fault({ kind: 'error-before', status: 503, match: '/sys/config' });
    const live = await session.live();
    expect([live.state, live.evidence.includes('not saved yet: POST /mgmt/tm/sys/config')]).toEqual(['live', true]);
    expect((await session.live()).evidence).toBe('1 rules read back, and the rule compiler is quiescent');
  });

  it('is written to the active unit only, and a pair that is not in sync is told', async () => {
    const clock = new StillClock();
    const options = { ha: { group: 'pair', autoSync: false } };
    const { device, session, sync } = await connectForTest({ clock, options, config: { syncToGroup: 'pair' } });
    await sync(oneGroup(['10.0.0.1']));
    await session.observe();
    expect((await session.live()).evidence).toContain('not in sync (Changes Pending)');
    clock.ms += 31_000;
    expect((await session.live()).evidence).toBe('1 rules read back, and the rule compiler is quiescent');
    device.failover();
    await expect(session.observe()).rejects.toMatchObject({ errorClass: 'busy' });
    await expect(session.observe()).rejects.toThrow(/This unit is standby, and the active one is .*192\.0\.2\.246/);
  });

  it('is counted: hits by rule, whatever the protocol', async () => {
    const { device, session, sync } = await connectForTest();
    const ports = [
      { port: 443, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ] as const;
    const idle = aRule({ id: '000000000002', to: ['198.51.100.0/24'] });
    await sync(oneGroup(['10.0.0.1'], [aRule({ ports }), idle]));
    device.verdict(flow);
    device.verdict({ ...flow, port: 53, protocol: 'UDP' });
    expect(await session.evidence()).toEqual([
      { rule: '000000000001', hits: 2 },
      { rule: '000000000002', hits: 0 },
    ]);
  });
});
