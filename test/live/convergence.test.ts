import { afterAll, beforeAll, expect, it } from 'vitest';
import { pay, policyManifest } from './manifests.ts';
import { describeLive, Live } from './rig.ts';

describeLive('Controller and worker, a cluster and a firewall', () => {
  let live: Live;

  beforeAll(async () => {
    live = await Live.start();
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
});
