import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { until } from '../kit/redis-server.ts';
import { startApiProxy, type ApiProxy } from './api-proxy.ts';
import { permitted } from './flows.ts';
import { policyManifest } from './manifests.ts';
import type { LogLine, Postern } from './postern.ts';
import { canRestart, startApiserver, stopApiserver } from './restart.ts';
import { describeLive, Live } from './rig.ts';
import type { Condition } from './world.ts';

const leading = ({ msg }: LogLine): boolean => msg === 'leading';
const jobs = policyManifest('jobs', { to: [{ externalService: 'github' }] });
const late = policyManifest('late', { to: [{ externalService: 'ledger' }] });

describeLive('A control plane in trouble', () => {
  let live: Live;
  let proxy: ApiProxy;
  let leader: Postern;
  let worker: Postern;

  beforeAll(async () => {
    live = await Live.start();
    proxy = await startApiProxy(live.server.kubeconfig, live.folder);
    for (let index = 1; index <= 14; index++)
      await live.world.addPod(`web-${index}`, { app: 'web', ip: `10.7.0.${index}` });
    leader = live.controller(proxy.kubeconfig);
    worker = live.worker();
    await live.converged();
  });
  afterAll(async () => {
    await live.stop();
    await proxy.close();
  });

  const standby = (): Postern => live.controller(proxy.kubeconfig);
  const shows = async (path: string, programmed: Partial<Condition>): Promise<void> => {
    const read = async (): Promise<unknown> =>
      (await live.world.read(path)).status?.conditions?.find(({ type }) => type === 'Programmed');
    await vi.waitFor(async () => expect(await read()).toMatchObject(programmed), { timeout: 80_000, interval: 200 });
  };

  it('is that leader and worker are killed in the middle of a change: others end it', async () => {
    const next = standby();
    await live.step(async () => {
      live.firewall.fault({ kind: 'latency', latencyMs: 100, times: 1_000 });
      const before = live.firewall.requests().length;
      await live.world.apply(jobs);
      await until('the change is under way', () =>
        live.firewall
          .requests()
          .slice(before)
          .some(({ wrote }) => wrote),
      );
      expect(next.lines.some(leading)).toBe(false);
      await Promise.all([leader.kill(), worker.kill()]);
      live.firewall.clearFaults();
      worker = live.worker();
      // They may have let out the pod that goes, too.
      await live.meanwhile();
      await live.world.deletePod('web-14');
    }, 60_000);
    await next.says(leading);
    leader = next;
    await shows('namespaces/shop/egresspolicies/jobs', { status: 'True' });
  });

  it('is a leader that sleeps through its term: awake again, it overwrites nothing', async () => {
    const next = standby();
    await live.world.apply(late);
    await wait(300);
    leader.signal('SIGSTOP');
    await next.says(leading);
    await live.step(() => live.world.deletePod('web-13'));
    await live.step(() => live.world.kubectl(['delete', 'egp', '-n', 'shop', 'jobs']));
    await shows('namespaces/shop/egresspolicies/late', { status: 'True' });
    await live.quiet();
    const settled = permitted(live.firewall);
    const before = await live.world.written();
    leader.signal('SIGCONT');
    await leader.says(({ msg }) => msg.includes('no longer leading'));
    await wait(1_500);
    expect(permitted(live.firewall)).toEqual(settled);
    expect(await live.world.written()).toEqual(before);
    const terms = [leader, next].flatMap(({ lines }) => lines.filter(leading).map(({ term }) => Number(term)));
    expect(terms).toEqual([terms[0], (terms[0] ?? 0) + 1]);
    expect((await leader.stop()).code).toBe(0);
    leader = next;
    await live.step(() => live.world.addPod('web-13', { app: 'web', ip: '10.7.0.16' }));
  });

  it('is that it stops and comes back: nothing is withdrawn meanwhile, and nothing was missed', async ({ skip }) => {
    if (!canRestart()) {
      console.warn('SKIPPED, no control-plane scripts that can restart the server');
      skip();
    }
    const before = permitted(live.firewall);
    await stopApiserver(live.server);
    await wait(1_000);
    expect(permitted(live.firewall)).toEqual(before);
    await startApiserver(live.server, live.world);
    expect(permitted(live.firewall)).toEqual(before);
    await live.step(async () => {
      await live.world.deletePod('web-12');
      await live.world.addPod('web-15', { app: 'web', ip: '10.7.0.15' });
    });
  });

  it('is that it shows no pods although there are some: what nothing explains is held, and said', async () => {
    const before = permitted(live.firewall);
    proxy.loseSightOfPods();
    await shows('enforcementpoints/edge', {
      status: 'False',
      reason: 'Held',
    });
    expect(permitted(live.firewall)).toEqual(before);
    proxy.seeAgain();
    await shows('enforcementpoints/edge', { status: 'True' });
    expect(permitted(live.firewall)).toEqual(before);
    await live.step(() => live.world.deletePod('web-11'));
    live.expectForeignUntouched();
  });
});
