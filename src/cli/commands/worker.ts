import { adapters } from '../../../adapters/index.ts';
import { ClusterObjects } from '../../kube/api/objects.ts';
import { systemClock } from '../clock.ts';
import { openCluster, secretsFromCluster, type ClusterOptions } from '../compose/kubernetes.ts';
import { secretsFromDirectory } from '../compose/mounted-secrets.ts';
import { openRedis } from '../compose/redis.ts';
import { startWorkerSide } from '../compose/worker-side.ts';
import { exitCodes, UsageError, type ExitCode, type Io } from '../io.ts';
import { createLog, messageOf } from '../log.ts';
import { logReport } from '../report-log.ts';

export interface WorkerOptions extends ClusterOptions {
  readonly redis?: string;
  readonly cluster?: string;
  /** `<dir>/<secret>/<key>`; absent: Secrets are read from Postern's own namespace. */
  readonly secretsDir?: string;
  readonly concurrency: number;
  readonly drain?: true;
}

const readBackAfterMs = 10_000;

/** Brings dirty points up to date. Needs Redis and the credentials of the appliances, and nothing of Kubernetes if these are mounted. */
export async function worker(options: WorkerOptions, io: Io): Promise<ExitCode> {
  const { environment, signal } = io;
  const url = options.redis ?? environment.redisUrl;
  if (url === undefined)
    throw new UsageError('the worker needs Redis: give --redis or set REDIS_URL, or use `postern run`');
  const owner = options.cluster ?? environment.cluster;
  if (owner === undefined)
    throw new UsageError(
      'which cluster is this? give --cluster or set POSTERN_CLUSTER; it is in the mark of every object on a device',
    );
  const log = createLog(io, 'worker');
  const onError = (subject: string, error: unknown): void => log.error({ subject }, messageOf(error));
  const shared = openRedis(url, () => 0, onError);
  await shared.tried;
  const side = startWorkerSide({
    ...shared,
    adapters: async (kind) => adapters[kind]?.(),
    secrets:
      options.secretsDir === undefined
        ? secretsFromCluster(openCluster(options), environment.namespace)
        : secretsFromDirectory(options.secretsDir),
    kubernetes: new ClusterObjects(openCluster(options)),
    owner: { cluster: owner },
    clock: systemClock,
    random: Math.random,
    readBackAfterMs: options.drain === true ? 0 : readBackAfterMs,
    concurrency: options.concurrency,
    report: (report) => logReport(log, report),
    onError,
  });
  try {
    if (options.drain === true) await Promise.race([shared.queue.idle(), aborted(signal)]);
    else await aborted(signal);
  } finally {
    await side.close();
    shared.disconnect();
  }
  return exitCodes.ok;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
