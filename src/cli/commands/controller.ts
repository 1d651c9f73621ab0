import { systemClock } from '../clock.ts';
import { followCluster } from '../compose/cluster-side.ts';
import { startControllerSide } from '../compose/controller-side.ts';
import {
  checkPermissions,
  openCluster,
  podGateOf,
  type ClusterOptions,
  type PodGateOptions,
} from '../compose/kubernetes.ts';
import { leadWhenElected, type Leadership } from '../compose/leadership.ts';
import { openRedis } from '../compose/redis.ts';
import { exitCodes, UsageError, type ExitCode, type Io } from '../io.ts';
import { createLog, messageOf } from '../log.ts';

export interface ControllerOptions extends ClusterOptions, PodGateOptions {
  readonly redis?: string;
}

const recheckEveryMs = 5 * 60_000;

/** Reads the cluster, publishes desired states, writes statuses. Holds no credential of any appliance. */
export async function controller({ redis, ...cluster }: ControllerOptions, io: Io): Promise<ExitCode> {
  const { environment, signal } = io;
  const url = redis ?? environment.redisUrl;
  if (url === undefined)
    throw new UsageError('the controller needs Redis: give --redis or set REDIS_URL, or use `postern run`');
  const log = createLog(io, 'controller');
  const common = { clock: systemClock, random: Math.random, report: (message: string) => log.warn(message) };
  const api = openCluster(cluster);
  const podGate = podGateOf(cluster);
  await checkPermissions(api, environment.namespace, { ...common, signal, podGate: podGate !== undefined });
  const lead = async (term: Leadership): Promise<void> => {
    log.info({ term: term.token }, 'leading');
    const onError = (subject: string, error: unknown): void => log.error({ subject }, messageOf(error));
    const shared = openRedis(url, () => term.token, onError);
    await shared.tried;
    try {
      const side = startControllerSide({ ...common, ...shared, recheckEveryMs, onError }, term.signal);
      const onHealth = ({ healthy, message }: { healthy: boolean; message: string }): void =>
        log[healthy ? 'info' : 'warn']({ healthy, watches: message }, 'the view of the cluster');
      await followCluster(
        { ...common, ...shared, api, side, leads: term.leads, onHealth, ...(podGate && { podGate }) },
        term.signal,
      );
      await side.idle();
    } finally {
      await shared.queue.close();
      shared.disconnect();
    }
  };
  await leadWhenElected({ ...common, api, namespace: environment.namespace, lead }, signal);
  return exitCodes.ok;
}
