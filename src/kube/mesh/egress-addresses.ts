import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects, ObjectKind } from '../../adapter/kubernetes-objects.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { egressAddressKinds, unfollowedEgressKindIds } from '../../verify/egress-addresses/kinds.ts';
import { listedOrUnknown } from './listed-or-unknown.ts';

/**
 * The objects of a cluster that give pods another source address. What pods and namespaces ask for by annotation, a snapshot has.
 *
 * @throws UsageError when they may not be read
 */
export async function egressAddressObjects(
  cluster: Pick<KubernetesObjects, 'version' | 'list'>,
): Promise<readonly unknown[]> {
  try {
    const versions = await Promise.all(egressAddressKinds.map((kind) => cluster.version(kind)));
    const kinds = egressAddressKinds.filter((_, at) => versions[at] !== undefined);
    return (await Promise.all(kinds.map((kind) => cluster.list(kind)))).flat();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    throw new UsageError(`objects that give pods other addresses cannot be read: ${error.message}`);
  }
}

/** Those of which no point is told; of a kind that could not be listed, an object that stands for it. */
export function unfollowedEgressObjects(
  cluster: Pick<KubernetesObjects, 'list'>,
  served: readonly ObjectKind[],
): Promise<readonly KubernetesObject[]> {
  return listedOrUnknown(cluster, served, (id) => unfollowedEgressKindIds.has(id));
}
