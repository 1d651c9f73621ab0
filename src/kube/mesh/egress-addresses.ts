import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObjects } from '../../adapter/kubernetes-objects.ts';
import { UsageError } from '../../core/model/usage-error.ts';
import { egressAddressKinds } from '../../verify/egress-addresses/kinds.ts';

const namespaces = { group: '', kind: 'Namespace', plural: 'namespaces', versions: ['v1'], namespaced: false } as const;

/**
 * The objects of a cluster that give pods another source address, and the namespaces, which may ask for one by annotation.
 *
 * @throws UsageError when they may not be read
 */
export async function egressAddressObjects(cluster: KubernetesObjects): Promise<readonly unknown[]> {
  try {
    const served = await Promise.all(
      egressAddressKinds.map(async (kind) => ((await cluster.version(kind)) === undefined ? [] : cluster.list(kind))),
    );
    return [...served.flat(), ...(await cluster.list(namespaces))];
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    throw new UsageError(`objects that give pods other addresses cannot be read: ${error.message}`);
  }
}
