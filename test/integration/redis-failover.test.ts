import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterEach, expect, it } from 'vitest';
import type { Clock } from '../../src/adapter/adapter.ts';
import {
  describeWith,
  startCluster,
  startSentinel,
  until,
  type RedisServer,
  type RedisTopology,
} from '../kit/redis-server.ts';
import { SharedWorld } from '../kit/shared-world.ts';

/** In the same slot as the queue. */
const probeKey = '{postern}:probe';
const tryEveryMs = 20;

/** For how long no server took a write, at the longest, while the work was done. */
async function gapDuring(
  { servers, clock }: { readonly servers: readonly RedisServer[]; readonly clock: Pick<Clock, 'now'> },
  work: () => Promise<void>,
): Promise<number> {
  let [last, longest, going] = [clock.now(), 0, true];
  const taken = (): void => {
    longest = Math.max(longest, clock.now() - last);
    last = clock.now();
  };
  const probe = async (admin: Redis): Promise<void> => {
    while (going) {
      const answered = admin.set(probeKey, '1').then(taken, () => undefined);
      await Promise.race([answered, wait(200)]);
      await wait(tryEveryMs);
    }
  };
  const probes = servers.map((server) => probe(server.admin()));
  await work();
  going = false;
  await Promise.all(probes);
  return longest;
}

async function primary(servers: readonly RedisServer[]): Promise<RedisServer> {
  for (const server of servers) {
    const admin = server.admin();
    const wrote = await admin.set(probeKey, '1').then(
      () => true,
      () => false,
    );
    admin.disconnect();
    if (wrote) return server;
  }
  throw new Error('no server takes writes');
}

async function ask(server: RedisServer, ...[command = '', ...args]: readonly string[]): Promise<unknown> {
  const admin = server.admin();
  const answer = await admin.call(command, ...args);
  admin.disconnect();
  return answer;
}

describeWith(['redis-server'], 'A failover of Redis', () => {
  let topology: RedisTopology | undefined;
  let world: SharedWorld | undefined;
  afterEach(async () => {
    await world?.remove();
    await topology?.stop();
  });

  /**
   * Churn goes on while it fails over; then everything is as it should be, on the firewalls and on record.
   *
   * @param beyondGapMs on a quiet machine; a busy one is measured by what a revocation took before
   */
  async function survives(begun: RedisTopology, failOver: () => Promise<unknown>, beyondGapMs: number): Promise<void> {
    topology = begun;
    world = new SharedWorld(begun.config);
    await world.start();
    await until('it is settled', () => world!.isSettled, 20_000);
    const { clock } = world;
    const from = clock.now();
    let failing = from;
    const gap = await gapDuring({ servers: begun.servers, clock }, async () => {
      const churn = world!.churn(5, 9_000);
      await clock.sleep(2_500);
      failing = clock.now();
      await failOver();
      await churn;
    });
    const asked = clock.now();
    await until('it is settled again', () => world!.isSettled, 30_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${world!.unsettled.join('\n')}\n${world!.errors.slice(-40).join('\n')}`);
    });
    const slowest = world.slowestRevocation(from, asked);
    expect([...world.wrong]).toEqual([]);
    expect(await world.faultsOfRecord()).toEqual([]);
    // Those that were asked for a second before it have been dealt with.
    const usual = world.slowestRevocation(from, failing - 1_000);
    expect(slowest - gap, `the gap was ${gap.toFixed()} ms`).toBeLessThan(beyondGapMs + 10 * usual);
  }

  it('of Sentinels that was planned costs a revocation two seconds at most beyond its own gap', async () => {
    const begun = await startSentinel('correct-horse');
    await survives(begun, () => begun.failOver(), 2_000);
  });

  it('of Sentinels after a kill costs three seconds at most', async () => {
    const begun = await startSentinel('correct-horse');
    await survives(begun, async () => (await primary(begun.servers)).kill(), 3_000);
  });

  it('of a Cluster that was planned costs two seconds at most', async () => {
    const begun = await startCluster({ replicas: true });
    const at = begun.servers.indexOf(await primary(begun.servers));
    await survives(begun, () => ask(begun.servers[at + 3]!, 'CLUSTER', 'FAILOVER'), 2_000);
  });

  it('of a Cluster after a kill costs three seconds at most', async () => {
    const begun = await startCluster({ replicas: true });
    await survives(begun, async () => (await primary(begun.servers)).kill(), 3_000);
  });
});
