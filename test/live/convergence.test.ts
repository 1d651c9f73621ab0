import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../kit/redis-server.ts';
import { permitted } from './flows.ts';
import { pay, policyManifest } from './manifests.ts';
import { describeLive, Live } from './rig.ts';

describeLive('Controller and worker, a cluster, a FortiGate and a BIG-IP', () => {
  let live: Live;

  beforeAll(async () => {
    live = await Live.startBoth();
    await live.world.addPod('web-1', { app: 'web', ip: '10.7.0.1' });
    live.controller();
    live.worker();
    expect([...(await live.converged())]).toEqual(['10.7.0.1 -> 203.0.113.10:443']);
  });
  afterAll(() => live.stop());

  it('follow pods as they come, move, change what they are, complete and go', async () => {
    const { world } = live;
    await live.step(() => world.addPod('web-2', { app: 'web', ip: '10.7.0.2' }));
    await live.step(() => world.addPod('batch-1', { app: 'batch', ip: '10.7.0.3' }));
    await live.step(() => world.labelPod('batch-1', { app: 'web' }));
    await live.step(() => world.labelPod('web-1', { app: 'retired' }));
    await live.step(() => world.setStatus('batch-1', { phase: 'Succeeded' }));
    await live.step(() => world.addPod('batch-2', { app: 'web', ip: '10.7.0.3' }));
    await live.step(async () => {
      await world.deletePod('web-2');
      await world.addPod('web-2', { app: 'web', ip: '10.7.0.5' });
    });
    await live.step(() => world.deletePod('batch-2'));
  });

  it('follow policies as they come, change and go', async () => {
    const { world } = live;
    const builds = { subject: { serviceAccounts: ['builder'] }, to: [{ externalService: 'github' }] };
    await live.step(() => world.addPod('build-1', { app: 'build', account: 'builder', ip: '10.7.0.6' }));
    await live.step(() => world.apply(policyManifest('builds', builds)));
    expect(await live.converged()).toContain('10.7.0.6 -> github.com:443');
    const more = { ...builds, to: [...builds.to, { externalService: 'ledger' }] };
    await live.step(() => world.apply(policyManifest('builds', more)));
    expect(await live.converged()).toContain('10.7.0.6 -> 198.51.100.7:5435');
    await live.step(() => world.apply(policyManifest('builds', { ...more, subject: { serviceAccounts: ['nobody'] } })));
    await live.step(() => world.apply(policyManifest('builds', { ...more, subject: { allPods: true } })));
    const never = { action: 'Deny', to: [{ networks: ['198.51.100.0/28'], ports: [{ port: 5435 }] }] } as const;
    await live.step(() => world.apply(policyManifest('never', never)));
    expect((await live.converged()).size).toBeGreaterThan(0);
    await live.step(() => world.kubectl(['delete', 'egp', '-n', 'shop', 'builds']));
    await live.step(() => world.kubectl(['delete', 'egp', '-n', 'shop', 'never']));
  });

  it('follow the security team: what a service is, who is refused, and a policy that expires', async () => {
    const { world } = live;
    await live.step(() => world.addPod('web-3', { app: 'web', ip: '10.7.0.7' }));
    await live.step(() => world.kubectl(['patch', 'exsvc', 'payments', '--type=merge', '-p', otherPort]));
    expect(await live.converged()).toContain('10.7.0.7 -> 203.0.113.10:80');
    await live.step(() => world.apply(floor('Deny')));
    expect((await live.converged()).size).toBe(0);
    await live.step(() => world.apply(floor('Pass')));
    expect(await live.converged()).toContain('10.7.0.7 -> 203.0.113.10:80');
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const expiring = JSON.stringify({ spec: { governance: { expiresAt } } });
    await world.kubectl(['patch', 'egp', '-n', 'shop', 'pay', '--type=merge', '-p', expiring]);
    const open = (): number => permitted(live.firewall).size + (live.bigIp ? permitted(live.bigIp).size : 0);
    await until('it expires', () => open() === 0, 15_000);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    await live.step(() =>
      world.apply(pay).then(() => world.kubectl(['patch', 'egp', '-n', 'shop', 'pay', '--type=merge', '-p', forEver])),
    );
    live.expectForeignUntouched();
  });
});

const otherPort = '{"spec":{"ports":[{"port":80}]}}';
const forEver = '{"spec":{"governance":null}}';
const floor = (action: 'Deny' | 'Pass'): string => `
apiVersion: postern.dev/v1alpha1
kind: ClusterEgressPolicy
metadata: { name: everything }
spec: { tier: Admin, priority: 20, subject: { allNamespaces: true, allPods: true }, egress: [{ action: ${action}, to: [{ networks: [0.0.0.0/0], allPorts: true }] }] }
`;
