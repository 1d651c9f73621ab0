import type { Observed } from '../adapter/adapter.ts';
import type { Capabilities } from '../adapter/capabilities.ts';
import { pointStates, type PointOutcome } from '../core/model/outcome.ts';
import { lossEffects } from '../core/model/resource.ts';
import type { InformerHealth } from '../kube/informer/informer.ts';
import type { QueueDepth } from '../queue/work-queue.ts';
import type { SyncReport } from '../worker/sync-report.ts';
import { update, type Update } from './definitions.ts';

/** What is known of a point, as gauges: the whole of it each time. */
export function ofOutcome(outcome: PointOutcome): readonly Update[] {
  const { point, losses } = outcome;
  return [
    ...pointStates.map((state) => update('postern_point_state', state === outcome.state ? 1 : 0, { point, state })),
    ...lossEffects.map((effect) =>
      update('postern_point_losses', losses.filter((loss) => loss.effect === effect).length, { point, effect }),
    ),
    update('postern_point_last_sync_timestamp_seconds', seconds(outcome.lastSyncTime), { point }),
    update('postern_point_rules', outcome.rules, { point }),
    update('postern_point_addresses', outcome.addresses, { point }),
    update('postern_point_quarantined', outcome.refused.length, { point }),
    update('postern_point_differing', outcome.differing?.length ?? 0, { point }),
  ];
}

/** Since the epoch; 0 for no time. */
function seconds(time: string): number {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? 0 : ms / 1_000;
}

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

/** How well the cluster is seen, resource by resource. */
export function ofSource({ resources }: InformerHealth, synced: boolean): readonly Update[] {
  return [
    update('postern_caches_synced', synced ? 1 : 0, {}),
    ...resources.flatMap(({ plural: resource, state, lastEvent = 0, objects, unreadable }) => [
      update('postern_watch_healthy', state === 'healthy' ? 1 : 0, { resource }),
      update('postern_watch_last_event_timestamp_seconds', lastEvent / 1_000, { resource }),
      update('postern_watched_objects', objects, { resource }),
      update('postern_unreadable_objects', unreadable, { resource }),
    ]),
  ];
}

/** What there is to do. */
export function ofDepth({ waiting, running, delayed, oldestMs }: QueueDepth): readonly Update[] {
  return [
    ...Object.entries({ waiting, running, delayed }).map(([state, count]) =>
      update('postern_queue_points', count, { state }),
    ),
    update('postern_queue_oldest_seconds', oldestMs / 1_000, {}),
  ];
}

const largestGroup = 'members_of_largest_group';

/** How much of the device is taken up by ours. What was not read completely says nothing. */
export function ofObserved(
  point: string,
  { complete, resources, foreign, usage = {} }: Observed,
  limits: Capabilities | undefined,
): readonly Update[] {
  if (!complete) return [];
  const used = new Map<string, number>(Object.keys(limits?.maxObjects ?? {}).map((table) => [table, 0]));
  let members = 0;
  for (const resource of resources) {
    used.set(resource.kind, (used.get(resource.kind) ?? 0) + 1);
    members = Math.max(members, resource.members?.length ?? 0);
  }
  return [
    ...[...used, [largestGroup, members] as const].map(([resource, count]) =>
      update('postern_capacity_used', usage[resource] ?? count, { point, resource }),
    ),
    update('postern_foreign_objects', foreign.length, { point }),
  ];
}

/** What the device holds, where that is known. */
export function ofCapabilities(point: string, { maxObjects, maxMembersPerGroup }: Capabilities): readonly Update[] {
  const limits = Object.entries({ ...maxObjects, [largestGroup]: maxMembersPerGroup });
  return limits
    .filter(([, limit]) => limit < Number.MAX_SAFE_INTEGER)
    .map(([resource, limit]) => update('postern_capacity_limit', limit, { point, resource }));
}
