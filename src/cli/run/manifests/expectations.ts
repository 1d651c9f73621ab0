import { errorPolicy } from '../../../adapter/errors.ts';
import type { SyncReport } from '../../../worker/sync-report.ts';

/** So often a device may fail before a run that is to end stops waiting for it: some seconds, besides its timeouts. */
const mostFailures = 4;

/** Knows of which points a run that is to end has nothing more to expect. */
export class Expectations {
  readonly #over = new Map<string, boolean>();
  readonly #failures = new Map<string, number>();

  note(report: SyncReport): void {
    const { point } = report;
    const error = errorIn(report);
    if (error === undefined) {
      this.#failures.delete(point);
      const settling = report.path === 'full' && report.result.state === 'activating';
      this.#over.set(point, !settling && (report.path === 'none' || report.pending.length === 0));
      return;
    }
    const failures = (this.#failures.get(point) ?? 0) + 1;
    this.#failures.set(point, failures);
    const { then } = errorPolicy[error.errorClass];
    this.#over.set(point, then === 'hold' || then === 'quarantine' || failures >= mostFailures);
  }

  isOver(point: string): boolean {
    return this.#over.get(point) ?? false;
  }
}

function errorIn(report: SyncReport) {
  if (report.path === 'none') return report.error;
  return report.result.error ?? report.result.quarantined[0]?.error;
}
