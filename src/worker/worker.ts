import type { WorkLease } from '../queue/work-queue.ts';
import { Remembered } from './remembered.ts';
import type { SyncReport } from './sync-report.ts';
import { Turn } from './turn.ts';
import type { WorkerDeps } from './worker-deps.ts';

export interface WorkersDeps extends Omit<WorkerDeps, 'report'> {
  /** @param token of the lease of the point: what is kept of this goes by it */
  readonly report: (report: SyncReport, token: number) => unknown;
}

/** Takes points that are due from the queue and brings their devices up to date. Any number of these may run. */
export class Worker {
  readonly #deps: WorkersDeps;
  readonly #remembered = new Remembered();

  constructor(deps: WorkersDeps) {
    this.#deps = deps;
  }

  start(concurrency: number): void {
    this.#deps.queue.process((point, lease) => this.#handle(point, lease), concurrency);
  }

  /** Whatever is kept of the point in this turn goes by its lease. */
  async #handle(point: string, lease: WorkLease): Promise<void> {
    const { store, readings, report } = this.#deps;
    const deps = {
      ...this.#deps,
      store: store.under(lease.token),
      readings: readings.under(lease.token),
      report: (item: SyncReport) => report(item, lease.token),
    };
    await new Turn(deps, lease, this.#remembered).run(point);
  }
}
