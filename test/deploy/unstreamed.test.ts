import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeLive } from '../live/rig.ts';
import { Installed } from './installed.ts';
import { expectUsed, listsOfTheWatched, rightsIn, told } from './rights.ts';
import { named } from './scenario.ts';

describeLive('The shipped installation, where the API server does not stream lists', () => {
  let installed: Installed;

  beforeAll(async () => {
    const choice = { variant: 'base', components: ['redis'], patches: [named('blue')] } as const;
    installed = await Installed.start(choice, { 'feature-gates': 'WatchList=false' });
    await installed.run('postern-controller');
    await installed.run('postern-worker');
  });
  afterAll(() => installed.stop());

  it('follows the cluster all the same, and uses each of its rights to list', async () => {
    await installed.world.addPod('web-1', { app: 'web', ip: '10.7.0.1' });
    expect(await installed.converged()).toEqual(['10.7.0.1 -> 203.0.113.10:443']);
    const lists = listsOfTheWatched(rightsIn(installed.manifests));
    expect(lists.length).toBe(15);
    await expectUsed(lists, () => installed.calls.calls());
    expect(
      installed.calls
        .calls()
        .filter(({ allowed }) => !allowed)
        .map(told),
    ).toEqual([]);
  });
});
