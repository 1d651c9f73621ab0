import { loadAdapter } from '../../adapters/index.ts';
import { lazyCluster, type ClusterOptions } from '../kube/client/connect.ts';
import { ObjectClient } from '../kube/objects/object-client.ts';
import { secretsFromCluster, secretsFromDirectory } from '../kube/objects/secrets.ts';
import { ErrorLog } from '../log/error-log.ts';
import type { Log } from '../log/log.ts';
import { logReport } from '../log/sync-report.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { RedisHealth } from '../redis/outage.ts';
import { drain, oneAtATime, type Drain } from '../serverless/drain.ts';
import { startWorker, type StartWorkerDeps } from '../worker/start-worker.ts';
import type { SyncReport } from '../worker/sync-report.ts';
import { clusterOf } from './choices.ts';
import { systemClock } from './clock.ts';
import type { Environment } from './environment.ts';
import { openRedis } from './redis.ts';
import { redisOf, type RedisChoice } from './redis-choice.ts';

/** What the command line decides of a worker; the environment decides what it leaves open. */
export interface WorkerChoice extends ClusterOptions, RedisChoice {
  readonly cluster?: string;
  /** `<dir>/<secret>/<key>`; absent: Secrets are read from Postern's own namespace. */
  readonly secretsDir?: string;
  readonly concurrency: number;
}

export interface WorkerSetup {
  readonly choice: WorkerChoice;
  readonly environment: Environment;
  readonly log: Log;
}

export interface RedisWorker {
  readonly queue: WorkQueue;
  readonly health: RedisHealth;
  close(): Promise<void>;
}

/**
 * Makes a worker at the queue on Redis. What it needs of Kubernetes, if anything, is loaded when it needs it.
 *
 * @throws UsageError when nothing says which Redis, or which cluster
 */
export function workerOnRedis({ choice, environment, log }: WorkerSetup) {
  const redis = redisOf(choice, environment, 'worker');
  const cluster = clusterOf(choice, environment);
  const { concurrency, secretsDir = environment.secretsDir } = choice;
  const api = lazyCluster(choice);
  const { tell: onError } = new ErrorLog(log, () => performance.now());
  return async (
    readBackAfterMs: number,
    metrics?: StartWorkerDeps['metrics'],
    report: (report: SyncReport) => void = () => undefined,
  ): Promise<RedisWorker> => {
    const shared = openRedis({
      config: redis,
      fence: () => 0,
      onError,
      advise: (advice) => log.warn({ subject: 'redis' }, advice),
    });
    await shared.tried;
    const side = startWorker({
      ...shared,
      adapters: loadAdapter,
      kubernetes: new ObjectClient(api),
      secrets:
        secretsDir === undefined ? secretsFromCluster(api, environment.namespace) : secretsFromDirectory(secretsDir),
      owner: { cluster },
      clock: systemClock,
      random: Math.random,
      readBackAfterMs,
      concurrency,
      metrics,
      report: (item) => {
        logReport(log, item);
        report(item);
      },
      onError,
    });
    const close = async (): Promise<void> => {
      await side.close();
      shared.disconnect();
    };
    return { ...shared, close };
  };
}

/** Works off the queue on Redis, with connections that live as long as one answer takes. */
export function drainOnRedis(setup: WorkerSetup): Drain {
  const worker = workerOnRedis(setup);
  const start = (report: (report: SyncReport) => void) => worker(0, undefined, report);
  return oneAtATime((budget) => drain({ start, clock: systemClock }, budget), systemClock);
}
