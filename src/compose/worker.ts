import { adapters } from '../../adapters/index.ts';
import { ObjectClient } from '../kube/client/object-client.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { SecretSource } from '../worker/sessions.ts';
import type { SyncReport } from '../worker/worker.ts';
import { systemClock } from './clock.ts';
import { messageOf, type Log } from '../log/log.ts';
import { logReport } from '../log/sync-report.ts';
import type { ClusterOptions } from './kubernetes.ts';
import { lazyCluster } from './lazy-cluster.ts';
import { secretsFromDirectory } from './mounted-secrets.ts';
import { openRedis } from './redis.ts';
import { startWorker, type StartWorkerDeps } from '../worker/start-worker.ts';

export interface RedisWorkerOptions {
  readonly redisUrl: string;
  readonly cluster: string;
  /** `<dir>/<secret>/<key>`; absent: Secrets are read from Postern's own namespace. */
  readonly secretsDir?: string | undefined;
  readonly kubernetes: ClusterOptions;
  /** Postern's own. */
  readonly namespace: string;
  readonly concurrency: number;
  readonly readBackAfterMs: number;
  readonly log: Log;
  readonly metrics?: StartWorkerDeps['metrics'];
  readonly report?: (report: SyncReport) => void;
}

export interface RedisWorker {
  readonly queue: WorkQueue;
  close(): Promise<void>;
}

/** A worker at the queue on Redis. What it needs of Kubernetes, if anything, is loaded when it needs it. */
export async function startRedisWorker(options: RedisWorkerOptions): Promise<RedisWorker> {
  const { redisUrl, cluster, secretsDir, log, concurrency, readBackAfterMs, metrics, report } = options;
  const api = lazyCluster(options.kubernetes);
  const fromCluster: SecretSource = async (name) =>
    (await import('./kubernetes.ts')).secretsFromCluster(api, options.namespace)(name);
  const onError = (subject: string, error: unknown): void => log.error({ subject }, messageOf(error));
  const shared = openRedis(redisUrl, () => 0, onError);
  await shared.tried;
  const side = startWorker({
    ...shared,
    adapters: async (kind) => adapters[kind]?.(),
    kubernetes: new ObjectClient(api),
    secrets: secretsDir === undefined ? fromCluster : secretsFromDirectory(secretsDir),
    owner: { cluster },
    clock: systemClock,
    random: Math.random,
    readBackAfterMs,
    concurrency,
    metrics,
    report: (item) => {
      logReport(log, item);
      report?.(item);
    },
    onError,
  });
  return {
    queue: shared.queue,
    close: async () => {
      await side.close();
      shared.disconnect();
    },
  };
}
