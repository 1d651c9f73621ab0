/** One metric, as Prometheus and the page of metrics know it. */
export interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
  /**
   * Who has it. `leader`: the controller that leads, and nobody else. `worker`: every worker, of what it did itself.
   * `session`: the worker that is connected to the point, as long as it is. `process`: whoever is asked.
   */
  readonly from: 'leader' | 'worker' | 'session' | 'process';
}

const wholeWay = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 300, 600];
const oneCall = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/**
 * Every metric. Labels are few and their values bounded: a point is an object of the security team, everything else is
 * one of a fixed set of words. Never an address, a pod or a policy.
 */
export const definitions = {
  postern_propagation_seconds: {
    type: 'histogram',
    help: "From the start of a pod, as its node tells (whole seconds), until the point's device accepted its address (stage sent) and until that was read back (stage read_back). Pods that started more than ten minutes before are not counted: these joined by a change of labels.",
    labels: ['point', 'stage'],
    buckets: wholeWay,
    from: 'leader',
  },
  postern_stale_grant_seconds: {
    type: 'histogram',
    help: "How long the address of a pod stayed permitted after the API server said that the pod had ended, until the point's device accepted the withdrawal.",
    labels: ['point'],
    buckets: wholeWay,
    from: 'leader',
  },
  postern_point_state: {
    type: 'gauge',
    help: '1 for the state that the point was left in by the worker that dealt with it last, 0 for the others: programmed, activating, sent, planned, held, partial, failed.',
    labels: ['point', 'state'],
    from: 'leader',
  },
  postern_point_last_sync_timestamp_seconds: {
    type: 'gauge',
    help: 'When the device was last read back and was as desired, in seconds since the epoch; 0: never.',
    labels: ['point'],
    from: 'leader',
  },
  postern_point_rules: {
    type: 'gauge',
    help: 'Rules desired at the point.',
    labels: ['point'],
    from: 'leader',
  },
  postern_point_addresses: {
    type: 'gauge',
    help: 'Addresses desired in the groups of the point.',
    labels: ['point'],
    from: 'leader',
  },
  postern_point_losses: {
    type: 'gauge',
    help: 'What the device cannot express: rejected, narrowed, split, elsewhere, approximate.',
    labels: ['point', 'effect'],
    from: 'leader',
  },
  postern_point_quarantined: {
    type: 'gauge',
    help: 'Rules and groups that the device refuses; the rest of the point goes on without them.',
    labels: ['point'],
    from: 'leader',
  },
  postern_point_differing: {
    type: 'gauge',
    help: 'Rules and groups that were not as desired when the device was read last: refused, held back, or only observed.',
    labels: ['point'],
    from: 'leader',
  },
  postern_over_grants: {
    type: 'gauge',
    help: 'Grants from which others gain too, because the point sees nodes or gateways instead of pods. Looked at every minute.',
    labels: ['point'],
    from: 'leader',
  },
  postern_inconsistent_flows: {
    type: 'gauge',
    help: 'Classes of flows on which the point and the other layer disagree: side mesh_only breaks an application, side perimeter_only permits a bypass.',
    labels: ['point', 'side'],
    from: 'leader',
  },
  postern_leader: {
    type: 'gauge',
    help: '1 while this process leads, 0 while it stands by.',
    labels: [],
    from: 'process',
  },
  postern_caches_synced: {
    type: 'gauge',
    help: '1 once everything that was in the cluster at the start has been read.',
    labels: [],
    from: 'leader',
  },
  postern_watch_healthy: {
    type: 'gauge',
    help: '1 while a watch on this resource of Kubernetes is open. Removals are frozen when it is not for 15 seconds.',
    labels: ['resource'],
    from: 'leader',
  },
  postern_watch_last_event_timestamp_seconds: {
    type: 'gauge',
    help: 'When the API server last said anything about this resource, in seconds since the epoch; 0: never.',
    labels: ['resource'],
    from: 'leader',
  },
  postern_watched_objects: {
    type: 'gauge',
    help: 'Objects of this resource that are followed.',
    labels: ['resource'],
    from: 'leader',
  },
  postern_queue_points: {
    type: 'gauge',
    help: 'Points in the queue: waiting (due), running, delayed (not due yet).',
    labels: ['state'],
    from: 'process',
  },
  postern_queue_oldest_seconds: {
    type: 'gauge',
    help: 'How long the point that was due first has been waiting for a worker.',
    labels: [],
    from: 'process',
  },
  postern_syncs_total: {
    type: 'counter',
    help: 'Times a worker dealt with a point, by path (full: read, compare, write, read back; delta: members only; none: not reached) and result.',
    labels: ['point', 'path', 'result'],
    from: 'worker',
  },
  postern_changes_total: {
    type: 'counter',
    help: 'Changes to objects of the device, by what became of them: done, pending, error.',
    labels: ['point', 'result'],
    from: 'worker',
  },
  postern_native_calls_total: {
    type: 'counter',
    help: 'Requests that writing to the device took, reads not counted.',
    labels: ['point'],
    from: 'worker',
  },
  postern_errors_total: {
    type: 'counter',
    help: 'What went wrong at the device, by class: those of docs/conditions.md. A sync and each change that was refused count once.',
    labels: ['point', 'class'],
    from: 'worker',
  },
  postern_drift_total: {
    type: 'counter',
    help: 'Differences found on the device although nothing had been asked of it: somebody else changed it.',
    labels: ['point'],
    from: 'worker',
  },
  postern_guard_trips_total: {
    type: 'counter',
    help: 'Syncs in which a guard held back a plan or a part of it.',
    labels: ['point', 'guard'],
    from: 'worker',
  },
  postern_device_calls_total: {
    type: 'counter',
    help: 'Calls to the device by operation (probe, observe, send, poll, live, evidence) and result: ok, or the class of the error.',
    labels: ['point', 'operation', 'result'],
    from: 'worker',
  },
  postern_device_call_duration_seconds: {
    type: 'histogram',
    help: 'How long one operation took; a large one is several requests.',
    labels: ['point', 'operation'],
    buckets: oneCall,
    from: 'worker',
  },
  postern_capacity_used: {
    type: 'gauge',
    help: "Of our own objects on the device: those in a table, and, as resource members_of_largest_group, the members of the fullest group. Others' objects are not counted.",
    labels: ['point', 'resource'],
    from: 'session',
  },
  postern_capacity_limit: {
    type: 'gauge',
    help: 'What the device holds of it, as it says itself or its adapter knows; absent where nobody knows.',
    labels: ['point', 'resource'],
    from: 'session',
  },
  postern_foreign_objects: {
    type: 'gauge',
    help: 'Objects on the device that have a name of ours and not our mark. They are left alone; rename or remove them.',
    labels: ['point'],
    from: 'session',
  },
  postern_audit_failures_total: {
    type: 'counter',
    help: 'Audit records that could not be kept (append), or read (unsettled, head). Nothing is written to a device without its record.',
    labels: ['operation'],
    from: 'process',
  },
  postern_build_info: {
    type: 'gauge',
    help: '1, with the version.',
    labels: ['version'],
    from: 'process',
  },
} as const satisfies Readonly<Record<`postern_${string}`, Definition>>;

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
