import { adapters } from '../../../adapters/index.ts';
import type { SyncReport } from '../../worker/worker.ts';
import { ObjectClient } from '../../kube/client/object-client.ts';
import { systemClock } from '../../compose/clock.ts';
import { openAudit, type AuditChoice } from '../../compose/audit.ts';
import { followCluster } from '../../controller/follow-cluster.ts';
import { ConsistencyWatch } from '../../controller/consistency.ts';
import { startEmbedded, type Embedded } from '../../compose/embedded.ts';
import {
  checkPermissions,
  openCluster,
  podGateOf,
  secretsFromCluster,
  type ClusterOptions,
  type PodGateOptions,
} from '../../compose/kubernetes.ts';
import { leadWhenElected, type Leadership } from '../../controller/leadership.ts';
import { secretsFromDirectory } from '../../compose/mounted-secrets.ts';
import { withOperations, type Operations } from '../../compose/operations.ts';
import { exitCodes, UsageError, type ExitCode, type Io } from '../io.ts';
import { createLog, type Log, type LogChoice } from '../../log/log.ts';
import { logReport } from '../../log/sync-report.ts';

export interface RunClusterOptions extends ClusterOptions, PodGateOptions, LogChoice, AuditChoice {
  readonly cluster?: string;
  readonly secretsDir?: string;
  readonly listen?: string;
}

const readBackAfterMs = 10_000;
const recheckEveryMs = 5 * 60_000;

/** Follows a cluster and keeps its enforcement points in step, all in one process: no Redis, no second process. */
export function runCluster(options: RunClusterOptions, io: Io): Promise<ExitCode> {
  const log = createLog(io, 'postern', options);
  return withOperations(options.listen ?? io.environment.listen, log, async (operations) => {
    const { common, serve } = await prepare(options, { log, operations }, io);
    const lead = async ({ signal, leads }: Leadership): Promise<void> => {
      operations?.leads(true);
      await serve(signal, leads).finally(() => operations?.leads(false));
    };
    operations?.leads(false);
    operations?.begun();
    await leadWhenElected({ ...common, namespace: io.environment.namespace, lead }, io.signal);
    return exitCodes.ok;
  });
}

/** Lists the cluster, brings every enforcement point up to date, and ends: 0 if all are as desired. */
export async function syncOnce(options: RunClusterOptions, io: Io): Promise<ExitCode> {
  const { serve } = await prepare(options, { log: createLog(io, 'postern', options) }, io);
  const done = new AbortController();
  const left = await serve(
    AbortSignal.any([io.signal, done.signal]),
    () => true,
    () => done.abort(),
  );
  return left.size === 0 ? exitCodes.ok : exitCodes.error;
}

interface Means {
  readonly log: Log;
  readonly operations?: Operations | undefined;
}

async function prepare(options: RunClusterOptions, { log, operations }: Means, io: Io) {
  const { environment, signal } = io;
  const cluster = options.cluster ?? environment.cluster;
  if (cluster === undefined)
    throw new UsageError(
      'which cluster is this? give --cluster or set POSTERN_CLUSTER; it is in the mark of every object on a device',
    );
  const api = openCluster(options);
  const common = { api, clock: systemClock, random: Math.random, report: (message: string) => log.warn(message) };
  const podGate = podGateOf(options);
  await checkPermissions(api, environment.namespace, { ...common, signal, podGate: podGate !== undefined });
  const secrets =
    options.secretsDir === undefined
      ? secretsFromCluster(api, environment.namespace)
      : secretsFromDirectory(options.secretsDir);

  /** @returns the points that are not as they should be */
  const serve = async (
    term: AbortSignal,
    leads: () => boolean,
    onSettled?: () => void,
  ): Promise<ReadonlySet<string>> => {
    const bad = new Set<string>();
    const audit = await openAudit(options, environment, (message) => log.warn(message));
    const means = {
      ...common,
      adapters: async (kind: string) => adapters[kind]?.(),
      kubernetes: new ObjectClient(api),
      owner: { cluster },
      metrics: operations?.metrics,
    };
    const consistency = new ConsistencyWatch(means);
    const embedded = startEmbedded({
      ...means,
      secrets,
      readBackAfterMs,
      recheckEveryMs,
      audit,
      confirm: () => (leads() ? Promise.resolve() : Promise.reject(new Error('another process leads now'))),
      report: (report: SyncReport) => {
        logReport(log, report);
        if (settledWell(report)) bad.delete(report.point);
        else bad.add(report.point);
      },
    });
    operations?.queue(embedded.queue, false);
    try {
      await Promise.all([
        followCluster(
          {
            ...common,
            operations,
            side: embedded,
            outcomes: embedded.outcomes,
            readings: embedded.readings,
            leads,
            consistency,
            ...(podGate && { podGate }),
            onHealth: ({ healthy, message }) => log.info({ healthy, watches: message }, 'the view of the cluster'),
          },
          term,
        ),
        onSettled === undefined ? undefined : whenSettled(embedded, term).then(onSettled),
      ]);
    } finally {
      await embedded.close();
    }
    return bad;
  };
  return { common, serve };
}

function settledWell(report: SyncReport): boolean {
  if (report.path !== 'full') return report.path === 'delta';
  return report.result.state === 'programmed' || report.result.state === 'activating';
}

/** Once the cluster has been read and every point has been dealt with, and statuses have had their turn. */
async function whenSettled({ controller, outcomes, ...embedded }: Embedded, signal: AbortSignal): Promise<void> {
  const pollMs = 100;
  while (!signal.aborted && !controller.synced) await systemClock.sleep(pollMs, signal);
  await embedded.idle();
  for (const { metadata } of controller.points()) {
    while (!signal.aborted && (await outcomes.last(metadata.name)) === undefined)
      await systemClock.sleep(pollMs, signal);
  }
  await systemClock.sleep(2_000, signal);
}
