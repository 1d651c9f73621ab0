import type { MeshClient } from './answer.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import type { InMeshPoint } from '../layers.ts';

type Asked = Pick<Pod, 'labels' | 'hostNetwork' | 'sidecar' | 'started'>;

/**
 * How a pod is in the mesh, by the labels that decide it (https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/
 * and https://istio.io/latest/docs/ambient/usage/add-workloads/); where they are silent, as the points that cover it say. In no way
 * on the network of its node, and without the sidecar that it should have: the injector adds none to a pod that is there
 * already, and leaves its mark on every one to which it added one.
 */
export function meshMode(
  pod: Asked,
  namespaceLabels: Labels,
  covering: readonly Pick<InMeshPoint, 'mode'>[],
): MeshClient['meshed'] {
  if (pod.hostNetwork) return 'none';
  const isThere = pod.started !== undefined;
  // What was injected stays, whatever is said of the namespace today, and is not in ambient mode.
  const hasSidecar = wish(pod) !== 'false' && isInjected(pod.sidecar);
  if (hasSidecar || (!isThere && isToBeInjected(pod, namespaceLabels))) return 'sidecar';
  const dataplane = pod.labels['istio.io/dataplane-mode'] ?? namespaceLabels['istio.io/dataplane-mode'];
  if (dataplane === 'ambient') return 'ambient';
  const isOut = dataplane === 'none' || wish(pod) === 'false' || namespaceLabels['istio-injection'] === 'disabled';
  const assumed = isOut ? 'none' : (covering.find(({ mode }) => mode !== 'none')?.mode ?? 'none');
  return isThere && assumed === 'sidecar' ? 'none' : assumed;
}

/** The label comes before the annotation, which is older. */
function wish({ labels, sidecar }: Asked): string | undefined {
  return labels['sidecar.istio.io/inject'] ?? sidecar?.['sidecar.istio.io/inject'];
}

/** istiod is asked about a pod by labels: those of its namespace come first, and an annotation is heard only where it is asked. */
function isToBeInjected(pod: Asked, namespaceLabels: Labels): boolean {
  if (wish(pod) === 'false') return false;
  const injection = namespaceLabels['istio-injection'];
  if (injection !== undefined) return injection === 'enabled';
  if ('istio.io/rev' in namespaceLabels || 'istio.io/rev' in pod.labels) return true;
  return pod.labels['sidecar.istio.io/inject'] === 'true' || 'service.istio.io/canonical-name' in pod.labels;
}

function isInjected(sidecar: Labels | undefined): boolean {
  return sidecar?.['sidecar.istio.io/status'] !== undefined;
}
