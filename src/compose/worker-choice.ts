import type { Environment } from './environment.ts';
import { UsageError } from '../cli/io.ts';
import type { ClusterOptions } from './kubernetes.ts';
import type { RedisWorkerOptions } from './worker.ts';

/** What the command line says of a worker at a queue on Redis. */
export interface WorkerChoice extends ClusterOptions {
  readonly redis?: string;
  readonly cluster?: string;
  /** `<dir>/<secret>/<key>`; absent: Secrets are read from Postern's own namespace. */
  readonly secretsDir?: string;
  readonly concurrency: number;
}

/**
 * The same with what the environment says where the command line is silent.
 *
 * @throws UsageError when nothing says which Redis, or which cluster
 */
export function workerChoice(
  options: WorkerChoice,
  environment: Environment,
): Pick<RedisWorkerOptions, 'redisUrl' | 'cluster' | 'secretsDir' | 'kubernetes' | 'namespace' | 'concurrency'> {
  const redisUrl = options.redis ?? environment.redisUrl;
  if (redisUrl === undefined)
    throw new UsageError('the worker needs Redis: give --redis or set REDIS_URL, or use `postern run`');
  const cluster = options.cluster ?? environment.cluster;
  if (cluster === undefined)
    throw new UsageError(
      'which cluster is this? give --cluster or set POSTERN_CLUSTER; it is in the mark of every object on a device',
    );
  const { concurrency, secretsDir = environment.secretsDir } = options;
  return { redisUrl, cluster, secretsDir, kubernetes: options, namespace: environment.namespace, concurrency };
}
