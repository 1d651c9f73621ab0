import { adapters } from '../../../adapters/index.ts';
import { ObjectClient } from '../../kube/client/object-client.ts';
import { systemClock } from '../../compose/clock.ts';
import { auditDirectory, type AuditChoice } from '../../compose/audit.ts';
import { followCluster } from '../../controller/follow-cluster.ts';
import { ConsistencyWatch } from '../../controller/consistency.ts';
import { startControllerSide } from '../../controller/loop.ts';
import {
  checkPermissions,
  openCluster,
  podGateOf,
  type ClusterOptions,
  type PodGateOptions,
} from '../../compose/kubernetes.ts';
import { leadWhenElected, type Leadership } from '../../controller/leadership.ts';
import { withOperations, type Operations } from '../../compose/operations.ts';
import { openRedis } from '../../compose/redis.ts';
import { exitCodes, UsageError, type ExitCode, type Io } from '../io.ts';
import { createLog, messageOf, type Log, type LogChoice } from '../../log/log.ts';

export interface ControllerOptions extends ClusterOptions, PodGateOptions, LogChoice, AuditChoice {
  readonly redis?: string;
  readonly listen?: string;
}

const recheckEveryMs = 5 * 60_000;

/** Reads the cluster, publishes desired states, writes statuses. Holds no credential of any appliance. */
export async function controller(options: ControllerOptions, io: Io): Promise<ExitCode> {
  const { environment } = io;
  const url = options.redis ?? environment.redisUrl;
  if (url === undefined)
    throw new UsageError('the controller needs Redis: give --redis or set REDIS_URL, or use `postern run`');
  const log = createLog(io, 'controller', options);
  return withOperations(options.listen ?? environment.listen, log, async (operations) => {
    await control(options, { url, log, operations }, io);
    return exitCodes.ok;
  });
}

interface Means {
  /** Of Redis. */
  readonly url: string;
  readonly log: Log;
  readonly operations: Operations | undefined;
}

async function control(options: ControllerOptions, { url, log, operations }: Means, io: Io): Promise<void> {
  const { environment, signal } = io;
  const common = { clock: systemClock, random: Math.random, report: (message: string) => log.warn(message) };
  const api = openCluster(options);
  const podGate = podGateOf(options);
  const directory = await auditDirectory(options, environment);
  if (directory === undefined)
    log.warn('no --audit-dir is given, and the working directory cannot be written: the audit record stays in Redis');
  await checkPermissions(api, environment.namespace, { ...common, signal, podGate: podGate !== undefined });
  const lead = async (term: Leadership): Promise<void> => {
    log.info({ term: term.token }, 'leading');
    operations?.leads(true);
    const onError = (subject: string, error: unknown): void => log.error({ subject }, messageOf(error));
    const shared = openRedis(url, () => term.token, onError);
    operations?.queue(shared.queue, false);
    await shared.tried;
    try {
      const metrics = operations?.metrics;
      const side = startControllerSide({ ...common, ...shared, recheckEveryMs, onError, metrics }, term.signal);
      const onHealth = ({ healthy, message }: { healthy: boolean; message: string }): void =>
        log[healthy ? 'info' : 'warn']({ healthy, watches: message }, 'the view of the cluster');
      const exported = directory === undefined ? undefined : shared.exportAudit(directory, term.signal);
      const kubernetes = new ObjectClient(api);
      const owner = { cluster: environment.cluster ?? 'cluster' };
      const consistency = new ConsistencyWatch({
        ...common,
        adapters: async (kind) => adapters[kind]?.(),
        owner,
        kubernetes,
        metrics,
      });
      await followCluster(
        {
          ...common,
          ...shared,
          api,
          side,
          leads: term.leads,
          onHealth,
          operations,
          consistency,
          ...(podGate && { podGate }),
        },
        term.signal,
      );
      await side.idle();
      await exported;
    } finally {
      operations?.leads(false);
      await shared.queue.close();
      shared.disconnect();
    }
  };
  operations?.leads(false);
  operations?.begun();
  await leadWhenElected({ ...common, api, namespace: environment.namespace, lead }, signal);
}
