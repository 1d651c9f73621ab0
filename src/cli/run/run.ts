import { clusterOf, podGateOf, type PodGateOptions } from '../../compose/choices.ts';
import { systemClock } from '../../compose/clock.ts';
import { controllerWithWorker, type ControllerChoice } from '../../compose/controller.ts';
import { withOperations } from '../../compose/operations.ts';
import { runController, serveTerm } from '../../controller/controller.ts';
import { requirePermissions } from '../../controller/permissions.ts';
import { settled } from '../../controller/settled.ts';
import type { Operations } from '../../http/operations.ts';
import type { ClusterOptions } from '../../kube/client/connect.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { leftOut } from '../../core/status/left-out.ts';
import { createLog, type Log } from '../../log/log.ts';
import type { LogChoice } from '../../log/options.ts';
import { logReport } from '../../log/sync-report.ts';
import type { SyncReport } from '../../worker/sync-report.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';
import { withFeeds, type FeedBesideOptions } from './feed-beside.ts';

export interface RunOptions extends SyncOptions, FeedBesideOptions {
  readonly manifests?: string;
  readonly once?: true;
  readonly listen?: string;
  readonly console?: true;
}

export interface SyncOptions extends ClusterOptions, PodGateOptions, LogChoice {
  readonly cluster?: string;
  readonly secretsDir?: string;
  readonly auditDir?: string;
  readonly addressDays: number;
  readonly acceptLosses?: true;
}

/** Keeps enforcement points in step with a cluster or a directory, in one process: no Redis, no second process. */
export async function run({ manifests, once, ...options }: RunOptions, io: Io): Promise<ExitCode> {
  if (manifests !== undefined) {
    const ofFeeds = {
      listening: (url: string): void => io.err.write(`postern: feeds at ${url}\n`),
      trouble: (message: string): void => io.err.write(`postern: ${message}\n`),
    };
    const { runManifests } = await import('./manifests/manifests.ts');
    return withFeeds(options, io, ofFeeds, () => runManifests({ ...options, manifests, ...(once && { once }) }, io));
  }
  if (once === true) throw new UsageError('--once goes with --manifests; for a cluster use `postern sync --once`');
  const log = createLog(io.out.write, 'postern', options);
  const listening = (url: string): void => log.info({ url }, 'metrics and health');
  const ofFeeds = {
    listening: (url: string): void => log.info({ url }, 'serving feeds'),
    trouble: (message: string): void => log.warn(message),
  };
  const listen = options.listen ?? io.environment.listen;
  const cluster = clusterOf(options, io.environment);
  const pages =
    options.console &&
    (await (
      await import('../../compose/console.ts')
    ).openConsole({ ...options, listen, cluster, kubernetes: options }, io.environment));
  const serve = async (operations: Operations | undefined): Promise<ExitCode> => {
    const choice = { ...choiceOf(options, log, operations, io), world: pages?.world };
    await runController(await controllerWithWorker(choice, (report) => logReport(log, report)), io.signal);
    return exitCodes.ok;
  };
  return withFeeds(options, io, ofFeeds, () => withOperations(listen, listening, serve, pages?.app));
}

/** Lists the cluster, brings every enforcement point up to date, and ends: 0 if all are as desired, 5 but for rules left out. */
export async function syncOnce(options: SyncOptions, io: Io): Promise<ExitCode> {
  const log = createLog(io.out.write, 'postern', options);
  const done = new AbortController();
  const signal = AbortSignal.any([io.signal, done.signal]);
  // Told to end before that, it has not done what it was started for.
  const told: { complete: boolean } = { complete: false };
  const bad = new Set<string>();
  const short = new Set<string>();
  const report = (item: SyncReport): void => {
    logReport(log, item);
    if (isAsDesired(item)) bad.delete(item.point);
    else bad.add(item.point);
    if (item.path !== 'full') return;
    const { count } = leftOut(item.desired.rules, { losses: item.result.losses, refused: [] });
    if (count > 0) short.add(item.point);
    else short.delete(item.point);
  };
  const deps = await controllerWithWorker(choiceOf(options, log, undefined, io), report, (embedded) => {
    const end = (): void => {
      told.complete = !io.signal.aborted;
      done.abort();
    };
    settled({ loop: embedded, outcomes: embedded.outcomes }, systemClock, signal).then(end, end);
  });
  const warn = (message: string): void => log.warn(message);
  await requirePermissions({ ...deps, report: warn, podGate: false }, io.signal);
  await serveTerm(deps, { signal, token: 0, leads: () => true });
  if (bad.size > 0 || !told.complete) return exitCodes.error;
  return short.size > 0 && !options.acceptLosses ? exitCodes.leftOut : exitCodes.ok;
}

function choiceOf(options: SyncOptions, log: Log, operations: Operations | undefined, { environment }: Io) {
  const { auditDir, addressDays, secretsDir } = options;
  const cluster = clusterOf(options, environment);
  const podGate = podGateOf(options);
  return {
    kubernetes: options,
    cluster,
    podGate,
    auditDir,
    addressDays,
    secretsDir,
    environment,
    log,
    operations,
  } satisfies ControllerChoice & { readonly secretsDir: string | undefined };
}

function isAsDesired(report: SyncReport): boolean {
  if (report.path !== 'full') return report.path === 'delta';
  return report.result.state === 'programmed' || report.result.state === 'activating';
}
