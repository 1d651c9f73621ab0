import type { Labels, Pod } from '../../core/model/snapshot.ts';

/** A pod that has no more than nearly all have; every field is there, so that all are of one shape. */
export type UsualPod = Omit<
  Required<Pod>,
  'gate' | 'failedBy' | 'deletionAsked' | 'attachments' | 'egressGateway' | 'workloadBy' | 'sidecar'
> & {
  readonly workloadBy: Pod['workloadBy'] | undefined;
  readonly sidecar: Labels | undefined;
};

/** A pod of these fields that takes little memory: only pods that have no more get the object shapes for that. */
export function compactPod(pod: UsualPod): Pod {
  const { sidecar } = pod;
  const made = sidecar === undefined ? bare(pod) : withSidecar(pod, sidecar);
  return pod.workloadBy === undefined ? made : inferred(made);
}

/** Written out field by field: an object made by spreading reserves room for fields to come. */
function bare(pod: UsualPod): Pod {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    labels: pod.labels,
    serviceAccount: pod.serviceAccount,
    node: pod.node,
    hostNetwork: pod.hostNetwork,
    phase: pod.phase,
    deleting: pod.deleting,
    addresses: pod.addresses,
    created: pod.created,
    started: smallInteger(pod.started),
    workload: pod.workload,
  };
}

/** Of a whole mesh. Written out field by field, too. */
function withSidecar(pod: UsualPod, sidecar: Labels): Pod {
  return {
    uid: pod.uid,
    namespace: pod.namespace,
    name: pod.name,
    labels: pod.labels,
    serviceAccount: pod.serviceAccount,
    node: pod.node,
    hostNetwork: pod.hostNetwork,
    phase: pod.phase,
    deleting: pod.deleting,
    addresses: pod.addresses,
    created: pod.created,
    started: smallInteger(pod.started),
    workload: pod.workload,
    sidecar,
  };
}

/** A property that is added leaves an object its room, which copying it would not. */
function inferred(pod: Pod): Pod {
  return Object.assign(pod, { workloadBy: 'convention' as const });
}

/** Whole seconds as a small integer, which the engine keeps inside the object; the result of a division it does not. */
function smallInteger(seconds: number): number {
  const whole = seconds | 0;
  return whole === seconds ? whole : seconds;
}
