import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { pay, pointManifest, policyManifest } from './manifests.ts';
import type { Postern } from './postern.ts';
import { expectUnchanged } from '../kit/unchanged.ts';
import { describeLive, Live } from './rig.ts';
import type { Condition } from './world.ts';

const waiting = { timeout: 80_000, interval: 100 };

describeLive('What people read', () => {
  let live: Live;
  let controller: Postern;
  let worker: Postern;

  beforeAll(async () => {
    live = await Live.start();
    await live.world.addPod('web-1', { app: 'web', ip: '10.7.0.1' });
    controller = live.controller();
    worker = live.worker();
    await live.converged();
  });
  afterAll(() => live.stop());

  const conditionOf = async (path: string, type: string): Promise<Condition | undefined> =>
    (await live.world.read(path)).status?.conditions?.find((condition) => condition.type === type);
  const shows = (path: string, type: string, expected: Partial<Condition>): Promise<void> =>
    vi.waitFor(async () => expect(await conditionOf(path, type)).toMatchObject(expected), waiting);
  const table = (kind: string): Promise<string> => live.world.kubectl(['get', kind, '-A']);

  it('is at a glance whether a policy is in force', async () => {
    await vi.waitFor(async () => expect(await table('egp')).toMatch(/shop +pay +Accept +True +1\/1/), waiting);
    await vi.waitFor(async () => expect(await table('exsvc')).toMatch(/payments +True/), waiting);
    await vi.waitFor(async () => expect(await table('enforcementpoints')).toMatch(/edge .*True/), waiting);
    await vi.waitFor(async () => expect(await table('cegp')).toMatch(/no-metadata-service .*True +1\/1/), waiting);
  });

  it('is what a policy lacks, and what to do about it', async () => {
    await live.world.apply(policyManifest('lost', { to: [{ externalService: 'nowhere' }] }));
    await shows('namespaces/shop/egresspolicies/lost', 'ResolvedRefs', {
      status: 'False',
      message: expect.stringMatching(/nowhere.*(create|name)/i) as string,
    });
    await vi.waitFor(async () => expect(await table('egp')).toMatch(/shop +lost +Accept +False +0\/0/), waiting);
    await live.world.kubectl(['delete', 'egp', '-n', 'shop', 'lost']);
  });

  it('stays as it is while pods come and go', async () => {
    await live.quiet();
    for (let round = 0; round < 10; round++)
      await expectUnchanged(conditions, async () => {
        await live.world.addPod(`short-${round}`, { app: 'web', ip: `10.7.0.${10 + round}` });
        await wait(100);
        await live.world.deletePod(`short-${round}`);
      });
    await expectUnchanged(conditions, async () => {
      await live.world.addPod('short', { app: 'web', ip: '10.7.0.20' });
      await live.converged();
      await live.world.deletePod('short');
      await live.converged();
      await wait(1_500);
    });
  });

  it('is not written again when controller and worker restart', async () => {
    await live.quiet();
    await expectUnchanged(
      () => live.world.written(),
      async () => {
        expect((await controller.stop()).code).toBe(0);
        expect((await worker.stop()).code).toBe(0);
        controller = live.controller();
        worker = live.worker();
        await worker.says(({ msg, state }) => msg === 'point synced' && state === 'programmed');
        await wait(2_500);
      },
    );
  });

  it('is that a device refuses the credentials, and that it accepts them again', async () => {
    const token = live.firewall.credentials['token'] ?? '';
    live.mountSecret('edge', { token: 'wrong' });
    await live.world.apply(policyManifest('also', { to: [{ externalService: 'github' }] }));
    const refused = { status: 'False', reason: 'CredentialsRefused' };
    await shows('enforcementpoints/edge', 'Programmed', refused);
    await shows('namespaces/shop/egresspolicies/also', 'Programmed', refused);
    await shows('namespaces/shop/egresspolicies/pay', 'Programmed', { status: 'True' });
    expect(worker.said + controller.said).not.toContain(token);
    live.mountSecret('edge', { token });
    await live.world.apply(pay);
    await live.world.apply(pointManifest({ url: live.firewall.url, carrier: 'objects' }));
    await live.converged();
    await shows('enforcementpoints/edge', 'Programmed', { status: 'True', reason: 'Programmed' });
    await shows('namespaces/shop/egresspolicies/also', 'Programmed', { status: 'True' });
  });

  it('ends with SIGTERM before a pod would be killed, with nothing lost', async () => {
    live.firewall.fault({ kind: 'latency', latencyMs: 300, times: 1_000 });
    await live.step(async () => {
      await live.world.apply(policyManifest('more', { to: [{ externalService: 'ledger' }] }));
      await wait(500);
      const ends = await Promise.all([controller.stop(), worker.stop()]);
      expect(ends.map(({ code }) => code)).toEqual([0, 0]);
      live.firewall.clearFaults();
      controller = live.controller();
      worker = live.worker();
    });
    await shows('namespaces/shop/egresspolicies/more', 'Programmed', { status: 'True' });
  });

  it('is the same when one process does it all, which ends also while a device stalls', async () => {
    await Promise.all([controller.stop(), worker.stop()]);
    const both = live.both();
    await both.says(({ msg, state }) => msg === 'point synced' && state === 'programmed');
    await live.quiet();
    await live.step(() => live.world.kubectl(['delete', 'egp', '-n', 'shop', 'more']));
    await live.quiet();
    const before = await conditions();
    live.firewall.fault({ kind: 'latency', latencyMs: 150_000, match: '^(POST|PUT|DELETE) ' });
    const written = (): number => live.firewall.requests().filter(({ wrote }) => wrote).length;
    const answered = written();
    await live.world.addPod('web-9', { app: 'web', ip: '10.7.0.9' });
    await wait(1_000);
    expect((await both.stop()).code).toBe(0);
    expect(written()).toBe(answered);
    live.firewall.clearFaults();
    await live.step(() => Promise.resolve(live.both()));
    await vi.waitFor(async () => expect(await conditions()).toEqual(before), waiting);
  });

  /** Statuses as far as they judge: without what counts and measures, and without what is compared at its own pace. */
  async function conditions(): Promise<unknown> {
    const paths = ['enforcementpoints/edge', 'externalservices/payments', 'namespaces/shop/egresspolicies/pay'];
    const objects = await Promise.all(paths.map((path) => live.world.read(path)));
    return objects.map(({ status }) =>
      status?.conditions
        ?.filter(({ type }) => type !== 'Consistent')
        .map(({ type, status: value, lastTransitionTime }) => [type, value, lastTransitionTime]),
    );
  }
});
