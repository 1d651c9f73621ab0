import type { Labels, Pod } from '../../core/model/snapshot.ts';
import type { SharedTexts } from '../encoding/shared-texts.ts';

/** The pod with one copy of what it has in common with others, in an object that takes little memory. */
export function sharedPod(pod: Pod, texts: SharedTexts): Pod {
  const { started, sidecar } = pod;
  const common = sharing(pod, started ?? 0, texts);
  const shared = sidecar === undefined ? common : withSidecar(common, texts.labels(sidecar));
  // Only pods that have no more than nearly all have get the object shapes that take least memory.
  if (started !== undefined && isUsual(pod)) return pod.workloadBy === undefined ? shared : inferred(shared);
  const { started: _, ...others } = shared;
  return {
    ...pod,
    ...others,
    ...(pod.egressGateway && { egressGateway: texts.labels(pod.egressGateway) }),
  };
}

/** Most pods have no gate, are on one network, leave by themselves, and neither failed nor are being deleted. */
function isUsual({ gate, failedBy, deletionAsked, attachments, egressGateway }: Pod): boolean {
  return (gate ?? failedBy ?? deletionAsked ?? attachments ?? egressGateway) === undefined;
}

/** Written out field by field: an object made by spreading reserves room for fields to come. */
function sharing(pod: Pod, started: number, texts: SharedTexts): Pod {
  return {
    uid: pod.uid,
    namespace: texts.text(pod.namespace),
    name: pod.name,
    labels: texts.labels(pod.labels),
    serviceAccount: texts.text(pod.serviceAccount),
    node: texts.text(pod.node),
    hostNetwork: pod.hostNetwork,
    phase: pod.phase,
    deleting: pod.deleting,
    // Copied, because a filtered array keeps room for sixteen more.
    addresses: pod.addresses.slice(),
    created: texts.text(pod.created),
    started: smallInteger(started),
    workload: texts.text(pod.workload),
  };
}

/** Of a whole mesh. Written out field by field, too. */
function withSidecar(pod: Pod, sidecar: Labels): Pod {
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
    started: pod.started ?? 0,
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
