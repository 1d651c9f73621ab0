import type { MeshClient } from './answer.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import type { InMeshPoint } from '../layers.ts';

type Asked = Pick<Pod, 'labels' | 'hostNetwork' | 'sidecar' | 'started'>;

/**
 * How a pod is in the mesh: in no way on the network of its node, and without the sidecar that it should have. The
 * injector adds none to a pod that is there already, and leaves its mark on every one to which it added one.
 */
export function meshMode(
  pod: Asked,
  namespaceLabels: Labels,
  covering: readonly Pick<InMeshPoint, 'mode'>[],
): MeshClient['meshed'] {
  const intended = pod.hostNetwork ? 'none' : intendedMode(pod, namespaceLabels, covering);
  const isMissing = pod.started !== undefined && !isInjected(pod.sidecar);
  return intended === 'sidecar' && isMissing ? 'none' : intended;
}

/**
 * By the labels that decide it (https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/ and
 * https://istio.io/latest/docs/ambient/usage/add-workloads/); where they are silent, as the points that cover it say.
 */
function intendedMode(
  { labels, sidecar }: Asked,
  namespaceLabels: Labels,
  covering: readonly Pick<InMeshPoint, 'mode'>[],
): MeshClient['meshed'] {
  // The label comes before the annotation, which is older.
  const wanted = labels['sidecar.istio.io/inject'] ?? sidecar?.['sidecar.istio.io/inject'];
  if (wanted === 'true' || 'service.istio.io/canonical-name' in labels) return 'sidecar';
  const dataplane = labels['istio.io/dataplane-mode'] ?? namespaceLabels['istio.io/dataplane-mode'];
  if (dataplane === 'ambient') return 'ambient';
  if (wanted === 'false') return 'none';
  // What was injected stays, whatever is said of the namespace today, or by which webhook it was that nothing here tells of.
  if (isInjected(sidecar)) return 'sidecar';
  if (namespaceLabels['istio-injection'] === 'enabled' || 'istio.io/rev' in namespaceLabels) return 'sidecar';
  if (namespaceLabels['istio-injection'] === 'disabled' || dataplane === 'none') return 'none';
  return covering.find(({ mode }) => mode !== 'none')?.mode ?? 'none';
}

function isInjected(sidecar: Labels | undefined): boolean {
  return sidecar?.['sidecar.istio.io/status'] !== undefined;
}
