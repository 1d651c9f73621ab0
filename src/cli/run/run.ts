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
import { watchClock } from '../../log/clock-watch.ts';
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
  if (manifests === undefined) {
    if (once === true) throw new UsageError('--once goes with --manifests; for a cluster use `postern sync --once`');
    return runCluster(options, io);
  }
  const ofFeeds = {
    listening: (url: string): void => io.err.write(`postern: feeds at ${url}\n`),
    trouble: (message: string): void => io.err.write(`postern: ${message}\n`),
  };
  const { runManifests } = await import('./manifests/manifests.ts');
  return withFeeds(options, io, ofFeeds, () => runManifests({ ...options, manifests, ...(once && { once }) }, io));
}

async function runCluster(options: Omit<RunOptions, 'manifests' | 'once'>, io: Io): Promise<ExitCode> {
  const log = createLog(io.out.write, 'postern', options);
  const ofFeeds = {
    listening: (url: string): void => log.info({ url }, 'serving feeds'),
    trouble: (message: string): void => log.warn(message),
  };
  const listen = options.listen ?? io.environment.listen;
  const listening = (url: string): void => log.info({ url }, 'metrics and health');
  const pages = options.console && (await openPages({ ...options, listen }, io));
  const serve = async (operations: Operations | undefined): Promise<ExitCode> => {
    const choice = { ...choiceOf(options, log, operations, io), world: pages?.world };
    void watchClock(io.clock, log, io.signal);
    await runController(await controllerWithWorker(choice, (report) => logReport(log, report)), io.signal);
    return exitCodes.ok;
  };
  return withFeeds(options, io, ofFeeds, () => withOperations(listen, listening, serve, pages?.app));
}

async function openPages(options: SyncOptions & { readonly listen: string | undefined }, { environment }: Io) {
  const { openConsole } = await import('../../compose/console.ts');
  return openConsole({ ...options, cluster: clusterOf(options, environment), kubernetes: options }, environment);
}

/** Lists the cluster, brings every enforcement point up to date, and ends: 0 if all are as desired, 5 but for rules left out. */
export async function syncOnce(options: SyncOptions, io: Io): Promise<ExitCode> {
  const log = createLog(io.out.write, 'postern', options);
  const done = new AbortController();
  const signal = AbortSignal.any([io.signal, done.signal]);
  const results = new SyncResults();
  const report = (item: SyncReport): void => {
    logReport(log, item);
    results.add(item);
  };
  const deps = await controllerWithWorker(choiceOf(options, log, undefined, io), report, (embedded) => {
    const end = (): void => {
      // Stopped before that, it has not done what it was started for.
      results.complete = !io.signal.aborted;
      done.abort();
    };
    settled({ loop: embedded, outcomes: embedded.outcomes }, systemClock, signal).then(end, end);
  });
  const warn = (message: string): void => log.warn(message);
  await requirePermissions({ ...deps, report: warn, podGate: false }, io.signal);
  await serveTerm(deps, { signal, token: 0, leads: () => true });
  return results.exitCode(options);
}

/** What the last sync of each point came to. */
class SyncResults {
  complete = false;
  readonly #failed = new Set<string>();
  readonly #leftOut = new Set<string>();

  add(report: SyncReport): void {
    const { point } = report;
    if (isAsDesired(report)) this.#failed.delete(point);
    else this.#failed.add(point);
    if (report.path !== 'full') return;
    const { count } = leftOut(report.desired.rules, { losses: report.result.losses, refused: [] });
    if (count > 0) this.#leftOut.add(point);
    else this.#leftOut.delete(point);
  }

  exitCode({ acceptLosses }: Pick<SyncOptions, 'acceptLosses'>): ExitCode {
    if (this.#failed.size > 0 || !this.complete) return exitCodes.error;
    return this.#leftOut.size > 0 && !acceptLosses ? exitCodes.leftOut : exitCodes.ok;
  }
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
