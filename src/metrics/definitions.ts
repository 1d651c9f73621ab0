/** One metric, as Prometheus and the page of metrics know it. */
export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
  /**
   * Who has it. `leader`: only the leading controller. `worker`: every worker, for its own work.
   * `session`: the worker that is connected to the point, as long as it is. `process`: every process.
   */
  readonly from: 'leader' | 'worker' | 'session' | 'process';
}

type From = Definition['from'];

/*
 * Each says who has the metric and its labels, and then, in words, what it tells.
 */

const counter =
  <const L extends readonly string[]>(from: From, labels: L) =>
  (help: string) =>
    ({ type: 'counter', from, labels, help }) as const;

const gauge =
  <const L extends readonly string[]>(from: From, labels: L) =>
  (help: string) =>
    ({ type: 'gauge', from, labels, help }) as const;

const histogram =
  <const L extends readonly string[]>(from: From, labels: L, buckets: readonly number[]) =>
  (help: string) =>
    ({ type: 'histogram', from, labels, help, buckets }) as const;

const wholeWay = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 600];
const oneCall = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/**
 * Every metric. Labels are few and their values bounded: a point is an object of the security team, everything else is
 * one of a fixed set of words. Never an address, a pod or a policy.
 */
export const definitions = {
  postern_propagation_seconds: histogram(
    'leader',
    ['point', 'stage'],
    wholeWay,
  )(
    "From the start of a pod, as its node tells (whole seconds), until the point's device accepted its address (stage sent) and until that was read back (stage read_back). Pods that started more than ten minutes before are not counted: these joined by a change of labels.",
  ),
  postern_stale_grant_seconds: histogram(
    'leader',
    ['point'],
    wholeWay,
  )(
    "How long the address of a pod stayed permitted after the API server said that the pod had ended, until the point's device accepted the withdrawal.",
  ),
  postern_point_state: gauge('leader', ['point', 'state'])(
    '1 for the state that the point was left in by the worker that dealt with it last, 0 for the others: programmed, activating, sent, planned, held, partial, failed.',
  ),
  postern_point_late: gauge('leader', ['point', 'reason'])(
    '1 while work for the point has waited for too long, so it is unknown what is in force: WorkWaits (no worker has processed it), StoreUnavailable (Redis does not answer).',
  ),
  postern_point_last_sync_timestamp_seconds: gauge('leader', ['point'])(
    'When the device was last read back and was as desired, in seconds since the epoch; 0: never.',
  ),
  postern_point_rules: gauge('leader', ['point'])('Rules desired at the point.'),
  postern_point_addresses: gauge('leader', ['point'])('Addresses desired in the groups of the point.'),
  postern_point_losses: gauge('leader', ['point', 'effect'])(
    'What the device cannot express: rejected, narrowed, split, elsewhere, approximate.',
  ),
  postern_point_quarantined: gauge('leader', ['point'])(
    'Rules and groups that the device refuses; the rest of the point goes on without them.',
  ),
  postern_point_differing: gauge('leader', ['point'])(
    'Rules and groups that were not as desired when the device was read last: refused, held back, or only observed.',
  ),
  postern_over_grants: gauge('leader', ['point'])(
    'Grants that also give other workloads access, because the point sees nodes or gateways instead of pods. Updated every minute.',
  ),
  postern_inconsistent_flows: gauge('leader', ['point', 'side'])(
    'Classes of flows on which the point and the other layer disagree: side mesh_only breaks an application, side perimeter_only permits a bypass.',
  ),
  postern_leader: gauge('process', [])('1 while this process leads, 0 while it stands by.'),
  postern_caches_synced: gauge('leader', [])('1 once everything that was in the cluster at the start has been read.'),
  postern_watch_healthy: gauge('leader', ['resource'])(
    '1 while a watch on this resource of Kubernetes is open. Removals are frozen when it is not for 15 seconds.',
  ),
  postern_watch_last_event_timestamp_seconds: gauge('leader', ['resource'])(
    'When the API server last said anything about this resource, in seconds since the epoch; 0: never.',
  ),
  postern_watched_objects: gauge('leader', ['resource'])('Objects of this resource that are followed.'),
  postern_unreadable_objects: gauge('leader', ['resource'])(
    'Objects of this resource that exist and cannot be read. What was read of them before stays in force.',
  ),
  postern_uncompiled_objects: gauge(
    'leader',
    [],
  )('Objects that make the compiler fail, which is a fault of Postern: everything else is compiled without them.'),
  postern_queue_points: gauge('process', ['state'])(
    'Points in the queue: waiting (due), running, delayed (not due yet).',
  ),
  postern_queue_oldest_seconds: gauge(
    'process',
    [],
  )('How long the point that was due first has been waiting for a worker.'),
  postern_syncs_total: counter('worker', ['point', 'path', 'result'])(
    'Times a worker dealt with a point, by path (full: read, compare, write, read back; delta: members only; none: not reached) and result.',
  ),
  postern_changes_total: counter('worker', ['point', 'result'])(
    'Changes to objects of the device, by what became of them: done, pending, error.',
  ),
  postern_native_calls_total: counter('worker', ['point'])(
    'Requests that writing to the device took, reads not counted.',
  ),
  postern_errors_total: counter('worker', ['point', 'class'])(
    'What went wrong at the device, by class: those of docs/conditions.md. A sync and each change that was refused count once.',
  ),
  postern_drift_total: counter('worker', ['point'])(
    'Differences found on the device that Postern did not make: another client changed it.',
  ),
  postern_guard_trips_total: counter('worker', ['point', 'guard'])(
    'Syncs in which a guard held a plan or a part of a plan.',
  ),
  postern_device_calls_total: counter('worker', ['point', 'operation', 'result'])(
    'Calls to the device by operation (probe, observe, send, submit, poll, rehearse, live, evidence) and result: ok, or the class of the error.',
  ),
  postern_device_call_duration_seconds: histogram(
    'worker',
    ['point', 'operation'],
    oneCall,
  )('How long one operation took; a large one is several requests.'),
  postern_capacity_used: gauge('session', ['point', 'resource'])(
    "Of our own objects on the device: those in a table, and, as resource members_of_largest_group, the members of the fullest group. Others' objects are not counted.",
  ),
  postern_capacity_limit: gauge('session', ['point', 'resource'])(
    'Capacity of the device for this kind, as the device reports it or the adapter knows it; absent if unknown.',
  ),
  postern_foreign_objects: gauge('session', ['point'])(
    "Objects on the device with a name of Postern's but without its mark. Postern does not change them; rename or remove them.",
  ),
  postern_audit_failures_total: counter('process', ['operation'])(
    'Audit records that could not be kept (append), or read (unsettled, head). Nothing is written to a device without its record.',
  ),
  postern_build_info: gauge('process', ['version'])('1, with the version.'),
} satisfies Readonly<Record<`postern_${string}`, Definition>>;

export type MetricName = keyof typeof definitions;
export type LabelOf<M extends MetricName> = (typeof definitions)[M]['labels'][number];

/** A counter grows by `value`, a gauge is set to it, a histogram observes it. */
export interface Update {
  readonly metric: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** With all the labels of the metric, and no other: the compiler sees to it. */
export function update<M extends MetricName>(
  metric: M,
  value: number,
  labels: Readonly<Record<LabelOf<M>, string>>,
): Update {
  return { metric, labels, value };
}
