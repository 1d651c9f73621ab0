import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Pod, Snapshot } from '../../core/model/snapshot.ts';
import { namespaceLabelsIn, selects } from '../values/selector.ts';
import { egressAddressesIn } from './objects.ts';

type Vantage = EnforcementPoint['spec']['vantage'];

/**
 * Addresses and networks under which a pod leaves the cluster by objects of the network plugin and by the pools of a point;
 * empty: none gives it any. Of a destination that such an object leaves out nothing is known here.
 */
export function egressOfPods({
  namespaces,
  egressSources = [],
}: Snapshot): (pod: Pod, vantage: Vantage) => readonly string[] {
  const labelsOf = namespaceLabelsIn(namespaces);
  const objects = egressAddressesIn(egressSources.map(({ object }) => object));
  return (pod, { pools = [] }) => {
    if (pod.hostNetwork) return [];
    const labels = labelsOf(pod.namespace);
    const written = objects.filter(({ takes }) => takes(pod, labels)).flatMap(({ addresses }) => addresses);
    const declared = pools
      .filter(
        ({ namespaceSelector, podSelector }) => selects(namespaceSelector, labels) && selects(podSelector, pod.labels),
      )
      .flatMap(({ networks }) => networks);
    return [...new Set([...written, ...declared])].sort();
  };
}
