import type { Pod } from '../../core/model/snapshot.ts';
import { covers, type Layers } from '../layers.ts';
import { attachedIn } from '../values/attachments.ts';
import { namespaceLabelsIn } from '../values/selector.ts';

/**
 * The network beside the pod network by which a pod leaves the cluster: where every firewall that covers it sees such
 * networks, the first of them that it is attached to. Undefined: it leaves by the pod network.
 */
export function secondaryNetworkIn({
  snapshot,
  perimeters,
}: Pick<Layers, 'snapshot' | 'perimeters'>): (pod: Pod) => string | undefined {
  const attached = attachedIn(snapshot);
  const labelsOf = namespaceLabelsIn(snapshot.namespaces);
  return (pod) => {
    if (pod.attachments === undefined) return undefined;
    const covering = perimeters.filter(({ point }) => covers(point, labelsOf(pod.namespace)));
    const networks = covering.flatMap(({ point }) => point.spec.vantage.network ?? []);
    if (networks.length < covering.length) return undefined;
    return networks.find((network) => attached(pod, network).isThere)?.name;
  };
}
