import type { SyncReport } from '../worker/worker.ts';
import { firstLine } from '../log/scrub.ts';

/** What became of one point, in numbers and words that anybody may see. */
export interface PointSummary {
  readonly point: string;
  /** As the last sync left it: `programmed`, `sent`, `held`, ..., `failed`. */
  readonly state: string;
  /** Sent to the device, all syncs together. */
  readonly changes: number;
  readonly nativeCalls: number;
  /** Class and message of what went wrong last. */
  readonly class?: string;
  readonly error?: string;
}

export function summaryOf(report: SyncReport, before: PointSummary | undefined): PointSummary {
  const { point } = report;
  const { changes, nativeCalls } = before ?? { changes: 0, nativeCalls: 0 };
  if (report.path === 'none') return { point, state: 'failed', changes, nativeCalls, ...wrong(report.error) };
  const { outcomes, quarantined, error } = report.result;
  return {
    point,
    state: report.path === 'full' ? report.result.state : report.pending.length > 0 ? 'in-progress' : 'sent',
    changes: changes + outcomes.length,
    nativeCalls: nativeCalls + report.result.nativeCalls,
    ...wrong(error ?? quarantined[0]?.error),
  };
}

function wrong(
  error: Extract<SyncReport, { path: 'none' }>['error'] | undefined,
): Pick<PointSummary, 'class' | 'error'> {
  return error === undefined ? {} : { class: error.errorClass, error: firstLine(error.message) };
}
