import type { Clock } from '../adapter/adapter.ts';
import type { Auditor } from '../audit/auditor.ts';
import type { WorkQueue } from '../queue/work-queue.ts';
import type { DesiredStore } from '../store/desired-store.ts';
import type { InForceStore, ReadingStore } from '../store/reading-store.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { SyncReport } from './sync-report.ts';

/** What a turn at a point needs: of stores, what goes by its lease. */
export interface WorkerDeps {
  readonly store: DesiredStore;
  readonly queue: WorkQueue;
  readonly sessions: Sessions;
  /** What points with change windows hold to while those are closed. */
  readonly readings: InForceStore & Pick<ReadingStore, 'forget' | 'under'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A promise is waited for: nothing is treated as done before it is known what became of it. */
  readonly report: (report: SyncReport) => unknown;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
  /** A delta is read back this long after it was sent, in milliseconds. */
  readonly readBackAfterMs: number;
  /** Keeps the record of what is written and why. */
  readonly audit: Auditor;
}
