import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { egressAddressKinds } from '../../verify/egress-addresses/kinds.ts';

/**
 * The objects of a cluster that give pods another source address. What pods and namespaces ask for by annotation, a snapshot has.
 *
 * @throws UsageError when they may not be read
 */
export async function egressAddressObjects(
  cluster: Pick<KubernetesObjects, 'version' | 'list'>,
): Promise<readonly unknown[]> {
  try {
    const served = await Promise.all(
      egressAddressKinds.map(async (kind) => ((await cluster.version(kind)) === undefined ? [] : cluster.list(kind))),
    );
    return served.flat();
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    throw new UsageError(`objects that give pods other addresses cannot be read: ${error.message}`);
  }
}
