import { afterAll, beforeAll, expect, it } from 'vitest';
import { permitted } from './flows.ts';
import { pay } from './manifests.ts';
import type { Postern } from './postern.ts';
import { describeLive, Live } from './rig.ts';

const names = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${first + index}`);

describeLive('Pods that end while no controller runs', () => {
  let live: Live;

  beforeAll(async () => {
    live = await Live.start();
    await live.world.apply(pay);
    for (const n of names(1, 12)) await live.world.addPod(`web-${n}`, { app: 'web', ip: `10.7.0.${n}` });
  });
  afterAll(() => live.stop());

  const modes: readonly (readonly [string, () => Postern[]])[] = [
    ['one process', () => [live.both()]],
    ['a controller and a worker', () => [live.controller(), live.worker()]],
    ['one sync after another', () => [live.once()]],
  ];

  it.each(modes)('are replaced: who came is let in, who ended is shut out, with %s', async (_, start) => {
    const before = start();
    await live.converged(60_000);
    await Promise.all(before.map((process) => process.kill()));
    for (const n of names(2, 12)) {
      await live.world.deletePod(`web-${n}`);
      await live.world.addPod(`web-${n}`, { app: 'web', ip: `10.7.0.${Number(n) + 12}` });
    }
    await live.world.addPod('stranger', { app: 'stranger', ip: '10.7.0.2' });
    const after = start();
    await live.converged(60_000);
    expect([...permitted(live.firewall)].filter((flow) => flow.startsWith('10.7.0.2 '))).toEqual([]);
    await Promise.all(after.map((process) => process.kill()));
    await live.world.deletePod('stranger');
    for (const n of names(2, 12)) {
      await live.world.deletePod(`web-${n}`);
      await live.world.addPod(`web-${n}`, { app: 'web', ip: `10.7.0.${n}` });
    }
  });

  it.each(modes)('are not replaced: they are shut out all the same, with %s', async (_, start) => {
    for (const n of names(2, 12)) await live.world.addPod(`more-${n}`, { app: 'web', ip: `10.7.0.${Number(n) + 12}` });
    const before = start();
    await live.converged(60_000);
    await Promise.all(before.map((process) => process.kill()));
    for (const n of names(2, 12)) await live.world.deletePod(`more-${n}`);
    await live.world.addPod('stranger', { app: 'stranger', ip: '10.7.0.14' });
    const after = start();
    await live.converged(60_000);
    await Promise.all(after.map((process) => process.kill()));
    await live.world.deletePod('stranger');
  });
});
