import type { Clock, Session } from '../adapter/adapter.ts';
import type { KubernetesObjects } from '../adapter/kubernetes-objects.ts';
import type { Owner } from '../adapter/owner.ts';
import type { AuditStore } from '../audit/audit-store.ts';
import { Auditor } from '../audit/auditor.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { RateLimit } from '../redis/rate-limit.ts';
import type { DesiredStore } from '../store/desired-store.ts';
import type { OutcomeStore } from '../store/outcome-store.ts';
import type { ReadingStore } from '../store/reading-store.ts';
import { outcomeOf } from './outcome.ts';
import { Sessions, type SecretSource } from './sessions/sessions.ts';
import type { AdapterRegistry } from '../adapter/registry.ts';
import type { SyncReport } from './sync-report.ts';
import { Worker } from './worker.ts';

/** What is measured of a worker, if anything is. */
export interface WorkerMetrics {
  /** The same session, measured. */
  session(point: string, session: Session): Session;
  report(report: SyncReport): void;
  /** The same store; its failures are counted. */
  audit(store: AuditStore): AuditStore;
}

export interface StartWorkerDeps {
  readonly store: DesiredStore;
  readonly queue: WorkQueue;
  readonly outcomes: OutcomeStore;
  readonly readings: ReadingStore;
  readonly adapters: AdapterRegistry;
  readonly secrets: SecretSource;
  readonly owner: Owner;
  /** The cluster, for points that consist of its objects. */
  readonly kubernetes?: KubernetesObjects;
  readonly clock: Clock;
  /** How often devices may be asked, all workers together. */
  readonly limit: RateLimit;
  /** In [0, 1). */
  readonly random: () => number;
  readonly readBackAfterMs: number;
  /** Points dealt with side by side. */
  readonly concurrency: number;
  readonly report: (report: SyncReport) => void;
  readonly onError: (point: string, error: unknown) => void;
  readonly metrics?: WorkerMetrics | undefined;
  /** Where it is kept what is written and why: without it nothing is written. */
  readonly audit: AuditStore;
}

/** What does not end within this is aborted: the worker that takes up the point next reads the device first. */
const closeMs = 8_000;

export interface RunningWorker {
  /** Takes no new work, lets what runs come to an end if it does so soon, and closes the connections to the devices. */
  close(): Promise<void>;
}

/** A worker, and the record of what became of each point. */
export function startWorker(deps: StartWorkerDeps): RunningWorker {
  const stop = new AbortController();
  const { outcomes, clock, onError, queue } = deps;
  const store = deps.metrics?.audit(deps.audit) ?? deps.audit;
  const audit = new Auditor({ store, clock, onError });
  const around = (point: string, session: Session): Session => {
    const measured = deps.metrics?.session(point, session) ?? session;
    return audit.around(point, measured);
  };
  const onRequest = audit.note.bind(audit);
  const sessions = new Sessions({ ...deps, around, onRequest, signal: stop.signal });
  const record = async (report: SyncReport, token: number): Promise<void> => {
    const now = new Date(clock.now()).toISOString();
    await outcomes.under(token).record(outcomeOf(report, await outcomes.last(report.point), now));
  };
  const report = async (item: SyncReport, token: number): Promise<void> => {
    deps.report(item);
    deps.metrics?.report(item);
    await record(item, token).catch((error: unknown) => onError(item.point, error));
    await keepReading(item, deps.readings.under(token)).catch((error: unknown) => onError(item.point, error));
  };
  new Worker({ ...deps, sessions, report, signal: stop.signal, audit }).start(deps.concurrency);
  return {
    close: async () => {
      const late = setTimeout(() => stop.abort(), closeMs);
      await queue.close();
      clearTimeout(late);
      stop.abort();
      await sessions.close();
      await deps.audit.close();
    },
  };
}

/** A device that is not as desired is compared with nothing; a delta leaves the reading before it out of date by itself. */
async function keepReading(report: SyncReport, readings: ReadingStore): Promise<void> {
  if (report.path === 'delta') return;
  const { point, version } = report;
  const isRead =
    report.path === 'full' && (report.result.state === 'programmed' || report.result.state === 'activating');
  if (!isRead) return readings.forget(point);
  const { observed: resources, others, losses } = report.result;
  await readings.keep({ point, version: report.readBack ?? version, resources, losses, ...(others && { others }) });
}
