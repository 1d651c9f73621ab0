import { expect, it } from 'vitest';
import { permitted } from '../live/flows.ts';
import { describeWith, until } from '../kit/redis-server.ts';
import { ChaosInstallation } from './installation.ts';
import { ChaosWorld } from './world.ts';
import { Random } from './random.ts';

/** A point in force, and then something that keeps its work from being done: what is said of it. */
async function saidWhen(fails: (installation: ChaosInstallation) => Promise<unknown>): Promise<string> {
  const installation = await ChaosInstallation.start(false);
  try {
    const world = new ChaosWorld(installation.cluster, installation.devices);
    installation.start('controller');
    installation.start('worker');
    const programmed = (): string => {
      const { status, reason } =
        installation.cluster.conditions('edge').find(({ type }) => type === 'Programmed') ?? {};
      return `${status} ${reason}`;
    };
    await until('it is in force', () => programmed().startsWith('True '), 60_000);
    await fails(installation);
    const failed = performance.now();
    world.change(new Random(1));
    const before = permitted(installation.devices.get('edge')!).size;
    await until('nobody knows', () => programmed().startsWith('Unknown '), 90_000);
    const afterMs = performance.now() - failed;
    // What is on the firewall is what was there: that is why nobody knows.
    expect(permitted(installation.devices.get('edge')!).size).toBe(before);
    expect(afterMs).toBeGreaterThan(50_000);
    const { url } = await installation.process('controller').says(({ msg }) => msg === 'metrics and health');
    let late: string | undefined;
    const tells = async (): Promise<boolean> => {
      const metrics = await (await fetch(`${String(url)}/metrics`)).text();
      late = /^postern_point_late.*edge.*$/m.exec(metrics)?.[0];
      return late !== undefined;
    };
    await until('the metrics tell it', tells);
    return `${programmed()} ${late}`;
  } finally {
    await installation.remove();
  }
}

describeWith(['redis-server', 'openssl'], 'Of a point whose work waits, nobody knows what is in force', () => {
  it('whether no worker lives or Redis is away, in its status and as a metric', async () => {
    const said = await Promise.all([
      saidWhen((installation) => installation.process('worker').kill()),
      saidWhen(({ redis }) => redis.kill()),
    ]);
    expect(said).toEqual([
      'Unknown WorkWaits postern_point_late{point="edge",reason="WorkWaits"} 1',
      'Unknown StoreUnavailable postern_point_late{point="edge",reason="StoreUnavailable"} 1',
    ]);
  }, 600_000);
});
