import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemoryAuditStore } from '../../src/audit/memory-audit-store.ts';
import { adapters } from '../../adapters/index.ts';
import { systemClock } from '../../src/compose/clock.ts';
import { startControllerLoop, type ControllerLoop } from '../../src/controller/publish/loop.ts';
import { startEmbedded } from '../../src/compose/embedded.ts';
import { openRedis } from '../../src/compose/redis.ts';
import { parseRedisUrl } from '../../src/redis/config.ts';
import type { DesiredState } from '../../src/core/model/desired.ts';
import type { ObjectChange } from '../../src/core/model/snapshot.ts';
import { ChangeQueue } from '../../src/kube/informer/change-queue.ts';
import { initialCluster, point } from '../worlds/churn.ts';
import type { FirewallAddress } from '../processes/firewall-process.ts';
import { Process } from '../processes/process.ts';
import type { WorkerOptions } from '../processes/worker-process.ts';

/** Postern at work on one firewall, up to date with the cluster as it is at the start. */
export interface Running {
  /** Something happened in the cluster. */
  take(change: ObjectChange): void;
  desired(): Promise<DesiredState | undefined>;
  stop(): Promise<void>;
}

/** As in `postern run` and `postern worker`. */
export const readBackAfterMs = 10_000;
const recheckEveryMs = 300_000;
const owner = { cluster: 'bench' };

/** `postern run`: everything in this process. */
export async function runEmbedded(firewall: FirewallAddress): Promise<Running> {
  let programmed: () => void = () => undefined;
  const synced = new Promise<void>((resolve) => (programmed = resolve));
  const embedded = startEmbedded({
    adapters: async (kind) => adapters[kind]?.(),
    secrets: () => Promise.resolve({ token: firewall.token, 'ca.crt': firewall.ca }),
    owner,
    clock: systemClock,
    random: Math.random,
    readBackAfterMs,
    recheckEveryMs,
    audit: new MemoryAuditStore(systemClock),
    onError: (subject, error) => process.stderr.write(`${subject}: ${String(error)}\n`),
    report: (report) => {
      if (report.path === 'full' && report.result.state === 'programmed') programmed();
      else if (report.path === 'none') process.stderr.write(`${report.error.message}\n`);
    },
  });
  await embedded.apply(initialCluster(firewall.url), true);
  await synced;
  return running(embedded, () => embedded.close());
}

/** `postern controller` here and `postern worker` in another process, with Redis between them. */
export async function runThroughRedis(redisUrl: string, firewall: FirewallAddress): Promise<Running> {
  const stop = new AbortController();
  const onError = (subject: string, error: unknown): void =>
    void process.stderr.write(`${subject}: ${String(error)}\n`);
  const shared = openRedis({ config: parseRedisUrl(redisUrl), fence: () => 1, onError });
  const worker = await Process.start('worker', { redisUrl, firewall, owner, readBackAfterMs } satisfies WorkerOptions);
  const side = startControllerLoop({ ...shared, clock: systemClock, recheckEveryMs, onError }, stop.signal);
  await side.apply(initialCluster(firewall.url), true);
  await worker.hear();
  return running(side, async () => {
    stop.abort();
    await side.idle();
    await worker.stop();
    await shared.queue.close();
    shared.disconnect();
  });
}

/** Hands on as the cluster's watch does: what came while the last was being taken in goes together. */
function running(side: ControllerLoop, stop: () => Promise<void>): Running {
  const pending = new ChangeQueue();
  let busy = false;
  const handOn = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (!pending.empty) {
      await nextTurn();
      await side.apply(pending.take(1_000), true);
    }
    busy = false;
  };
  return {
    take: (change) => {
      pending.add(change);
      void handOn();
    },
    desired: () => side.publisher.read((compiled) => compiled.desired(point)),
    stop,
  };
}
