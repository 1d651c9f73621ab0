import type { Pod } from '../../core/model/snapshot.ts';
import type { MeshClient, MeshStep } from '../mesh/answer.ts';
import type { Step } from './step.ts';

/** A pod as the mesh and network policies see it, but for how it is in the mesh. */
export function clientOf({
  namespace,
  labels,
  serviceAccount,
  addresses,
  node,
  hostNetwork,
  sidecar,
}: Pod): Omit<MeshClient, 'meshed'> {
  return {
    namespace,
    podLabels: labels,
    serviceAccount,
    addresses,
    hostNetwork,
    sidecar,
    ...(node !== '' && { node }),
  };
}

/** What an object in the cluster says, for people. */
export function clusterStep({ layer, object, verdict, reason, doubt }: MeshStep, point: string | null): Step {
  const base = { layer, point, rule: object, reason };
  if (doubt !== undefined) {
    const advice =
      layer === 'network-policy'
        ? 'look at the object, and check with the network plugin'
        : 'look at the object, and at what the proxy has (`istioctl proxy-config`)';
    return { ...base, verdict: 'Unknown', advice };
  }
  if (verdict === 'Accept') return { ...base, verdict };
  const toDo =
    object === '' && layer === 'sidecar'
      ? 'write a ServiceEntry for it, or add a point with adapter istio, which does'
      : 'look at the object, and at `postern drift` if Postern manages it';
  return { ...base, verdict, advice: toDo };
}
