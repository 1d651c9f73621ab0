import { grouped } from '../../core/model/grouped.ts';
import type { Pod } from '../../core/model/snapshot.ts';

/**
 * Pods that differ in nothing but their names, addresses, ages and states, as the replicas of one template do: ten
 * thousand pods are a few hundred templates, and most layers ask for what stands there.
 *
 * @param placeOf equal for addresses that those layers do not tell apart
 */
export function replicasAmong(
  pods: readonly Pod[],
  placeOf: (addresses: readonly string[]) => string,
): readonly (readonly Pod[])[] {
  return [...grouped(pods.map((pod) => [`${templateOf(pod)} ${placeOf(pod.addresses)}`, pod] as const)).values()];
}

function templateOf(pod: Pod): string {
  const { namespace, serviceAccount, hostNetwork, node, labels, sidecar, started, attachments } = pod;
  const networks = attachments === 'unreadable' ? attachments : attachments?.map(({ network }) => network);
  // On another network nothing goes by the node; that a pod has started tells whether it will still get its sidecar.
  const where = [hostNetwork && node, networks];
  return JSON.stringify([namespace, serviceAccount, where, labels, sidecar, started === undefined]);
}
