import type { SyncReport } from '../worker/worker.ts';
import { update, type Update } from './definitions.ts';

/** What a worker did with a point, counted. */
export function ofReport(report: SyncReport): readonly Update[] {
  const { point, path } = report;
  if (path === 'none') return [synced(point, path, 'failed'), failed(point, report.error.errorClass)];
  const { outcomes, quarantined, nativeCalls, error } = report.result;
  const errors = [...quarantined.map((item) => item.error), ...(error === undefined ? [] : [error])];
  const common = [
    ...outcomes.map(({ result }) => update('postern_changes_total', 1, { point, result })),
    ...errors.map(({ errorClass }) => failed(point, errorClass)),
    ...(nativeCalls > 0 ? [update('postern_native_calls_total', nativeCalls, { point })] : []),
  ];
  if (path === 'delta') return [synced(point, path, report.pending.length > 0 ? 'in-progress' : 'sent'), ...common];
  const { state, violations } = report.result;
  const guards = new Set(violations.map(({ guard }) => guard));
  return [
    synced(point, path, state),
    ...common,
    ...[...guards].map((guard) => update('postern_guard_trips_total', 1, { point, guard })),
    ...(report.drift.length > 0 ? [update('postern_drift_total', report.drift.length, { point })] : []),
  ];
}

function synced(point: string, path: SyncReport['path'], result: string): Update {
  return update('postern_syncs_total', 1, { point, path, result });
}

function failed(point: string, errorClass: string): Update {
  return update('postern_errors_total', 1, { point, class: errorClass });
}
