import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../kit/redis-server.ts';
import type { Postern } from './postern.ts';
import { describeLive, Live } from './rig.ts';

describeLive('What a controller tells about itself', () => {
  let live: Live;
  let first: Postern;
  let second: Postern;
  beforeAll(async () => {
    live = await Live.start();
    first = live.controller();
    await first.says(({ msg }) => msg === 'leading');
    second = live.controller();
    live.worker();
  });
  afterAll(() => live.stop());

  const url = async (process: Postern): Promise<string> =>
    String((await process.says(({ msg }) => msg === 'metrics and health'))['url']);
  const get = async (process: Postern, path: string): Promise<[number, string]> => {
    const response = await fetch(`${await url(process)}${path}`);
    return [response.status, await response.text()];
  };

  it('is ready when it leads and has read the cluster, and when it stands by', async () => {
    for (const process of [first, second])
      await until('it is ready', async () => (await get(process, '/readyz'))[0] === 200, 30_000);
    const says = (process: Postern, words: string): Promise<void> =>
      until(words, async () => (await get(process, '/readyz'))[1].includes(words));
    await says(first, '"message":"leads"');
    await says(first, '"name":"cluster","ready":true');
    await says(second, 'stands by');
  });

  it('knows the points, the watches and the queue if it leads, and nothing of them if it does not', async () => {
    const told = [
      /^postern_point_state\{point="edge",state="programmed"\} 1$/m,
      /^postern_leader 1$/m,
      /^postern_caches_synced 1$/m,
      /^postern_watch_healthy\{resource="pods"\} 1$/m,
      /^postern_queue_points\{state="running"\} \d$/m,
    ];
    const tells = async (): Promise<boolean> => {
      const [, text] = await get(first, '/metrics');
      return told.every((line) => line.test(text));
    };
    await until('the point is in force', tells, 60_000);
    const [, other] = await get(second, '/metrics');
    expect(other).toMatch(/^postern_leader 0$/m);
    expect(other).not.toMatch(/^postern_(?:point|watch|caches|queue)/m);
  });

  it('has a device probed again as soon as a person asks, by the command or by the annotation', async () => {
    const probes = (): number =>
      live.firewall.requests().filter(({ path }) => path.startsWith('/api/v2/monitor/system/status')).length;
    const more = (than: number): Promise<void> => until('the device is probed again', () => probes() > than, 60_000);
    const before = probes();
    expect(before).toBeGreaterThan(0);
    expect(await live.refresh('edge')).toContain('edge is probed and read again');
    await more(before);
    const asked = probes();
    await live.world.kubectl(['annotate', 'enforcementpoint', 'edge', 'postern.dev/refresh=now', '--overwrite']);
    await more(asked);
  });
});
