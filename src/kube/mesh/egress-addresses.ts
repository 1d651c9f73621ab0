import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObjects, ObjectKind } from '../../adapter/kubernetes-objects.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { egressAddressKinds, unfollowedEgressKindIds } from '../../verify/egress-addresses/kinds.ts';

/**
 * The objects of a cluster that give pods another source address. What pods and namespaces ask for by annotation, a snapshot has.
 *
 * @throws UsageError when they may not be read
 */
export function egressAddressObjects(
  cluster: Pick<KubernetesObjects, 'version' | 'list'>,
): Promise<readonly unknown[]> {
  return listed(cluster, async () => {
    const versions = await Promise.all(egressAddressKinds.map((kind) => cluster.version(kind)));
    return egressAddressKinds.filter((_, at) => versions[at] !== undefined);
  });
}

/** Those of which no point is told. @throws UsageError when they may not be read */
export function unfollowedEgressObjects(
  cluster: Pick<KubernetesObjects, 'served' | 'list'>,
): Promise<readonly unknown[]> {
  return listed(cluster, async () =>
    (await cluster.served()).filter(({ group, kind }) => unfollowedEgressKindIds.has(`${group}/${kind}`)),
  );
}

async function listed(
  cluster: Pick<KubernetesObjects, 'list'>,
  kinds: () => Promise<readonly ObjectKind[]>,
): Promise<readonly unknown[]> {
  try {
    return (await Promise.all((await kinds()).map((kind) => cluster.list(kind)))).flat();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    throw new UsageError(`objects that give pods other addresses cannot be read: ${error.message}`);
  }
}
