import type { Pod } from '../../core/model/snapshot.ts';
import type { SharedTexts } from '../encoding/shared-texts.ts';
import { compactPod } from '../kinds/compact-pod.ts';

/** The pod with one copy of what it has in common with others, in an object that takes little memory. */
export function sharedPod(pod: Pod, texts: SharedTexts): Pod {
  const shared: Pod = {
    ...pod,
    namespace: texts.text(pod.namespace),
    labels: texts.labels(pod.labels),
    serviceAccount: texts.text(pod.serviceAccount),
    node: texts.text(pod.node),
    created: texts.text(pod.created),
    workload: texts.text(pod.workload),
    ...(pod.sidecar && { sidecar: texts.labels(pod.sidecar) }),
    ...(pod.egressGateway && { egressGateway: texts.labels(pod.egressGateway) }),
  };
  const { started, workloadBy, sidecar } = shared;
  return started !== undefined && isUsual(shared) ? compactPod({ ...shared, started, workloadBy, sidecar }) : shared;
}

/** Most pods have no gate, are on one network, leave by themselves, and neither failed nor are being deleted. */
function isUsual({ gate, failedBy, deletionAsked, attachments, egressGateway }: Pod): boolean {
  return (gate ?? failedBy ?? deletionAsked ?? attachments ?? egressGateway) === undefined;
}
