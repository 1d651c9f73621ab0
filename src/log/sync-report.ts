import type { SyncReport } from '../worker/sync-report.ts';
import type { Log } from './log.ts';

/** Of one report; how many there are stands in its own line. */
const mostDifferences = 20;

/** A report as one structured line: what happened at a point, in numbers and codes. */
export function logReport(log: Log, report: SyncReport): void {
  const { point, path, version } = report;
  if (path === 'none') {
    log.warn({ point, class: report.error.errorClass, error: report.error.message }, 'point not synced');
    return;
  }
  const { nativeCalls, outcomes, quarantined, error } = report.result;
  const pending = report.pending.length > 0 ? { pending: report.pending.length } : {};
  const failed = error && { class: error.errorClass, error: error.message };
  const fields = {
    point,
    path,
    version,
    nativeCalls,
    changes: outcomes.length,
    quarantined: quarantined.length,
    ...pending,
    ...failed,
  };
  const isNothing = nativeCalls + outcomes.length + report.pending.length === 0 && error === undefined;
  if (path === 'delta') log.info(fields, isNothing ? 'nothing to send' : 'members sent');
  else {
    const { state, violations } = report.result;
    for (const difference of report.drift.slice(0, mostDifferences)) log.warn({ point, ...difference }, 'drift');
    const held = violations.length > 0 ? { held: violations.map(({ guard }) => guard) } : {};
    log[['programmed', 'activating', 'in-progress', 'planned'].includes(state) ? 'info' : 'warn'](
      { ...fields, state, ...held, ...(report.drift.length > 0 && { drift: report.drift.length }) },
      'point synced',
    );
  }
}
