import type { MeshClient } from './answer.ts';
import type { Labels, Pod } from '../../core/model/snapshot.ts';
import type { InMeshPoint } from '../layers.ts';

/**
 * How a pod is in the mesh, by the labels that decide it
 * (https://istio.io/latest/docs/setup/additional-setup/sidecar-injection/ and
 * https://istio.io/latest/docs/ambient/usage/add-workloads/); where they are silent, as the points that cover it say.
 */
export function meshMode(
  { labels, hostNetwork }: Pick<Pod, 'labels' | 'hostNetwork'>,
  namespaceLabels: Labels,
  covering: readonly Pick<InMeshPoint, 'mode'>[],
): MeshClient['meshed'] {
  if (hostNetwork) return 'none';
  const wanted = labels['sidecar.istio.io/inject'];
  if (wanted === 'true' || 'service.istio.io/canonical-name' in labels) return 'sidecar';
  const dataplane = labels['istio.io/dataplane-mode'] ?? namespaceLabels['istio.io/dataplane-mode'];
  if (dataplane === 'ambient') return 'ambient';
  if (wanted === 'false') return 'none';
  if (namespaceLabels['istio-injection'] === 'enabled' || 'istio.io/rev' in namespaceLabels) return 'sidecar';
  if (namespaceLabels['istio-injection'] === 'disabled' || dataplane === 'none') return 'none';
  return covering.find(({ mode }) => mode !== 'none')?.mode ?? 'none';
}
