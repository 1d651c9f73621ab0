import { AdapterError } from '../../adapter/errors.ts';
import type { KubernetesObject, KubernetesObjects, ObjectName } from '../../adapter/kubernetes-objects.ts';
import { isStrangePolicy } from '../../verify/network/kinds.ts';
import { unlistedPolicies } from '../../verify/network/others/strangers.ts';
import { configMaps, decidingKinds, deployments, endpointSlices, serviceAccounts, services } from './kinds.ts';
import { usualSettings } from './settings.ts';

const pluginGroups = ['cilium.io', 'projectcalico.org', 'crd.projectcalico.org', 'crd.antrea.io'];

/**
 * Everything in a cluster that decides who leaves it through the mesh: all of it, or an error. Kinds that the cluster
 * does not serve, it has none of.
 *
 * @param settings where the mesh keeps its settings
 * @throws AdapterError
 */
export async function meshObjects(
  cluster: KubernetesObjects,
  settings: readonly ObjectName[] = [usualSettings],
): Promise<readonly unknown[]> {
  const lists = await Promise.all(
    decidingKinds.map(async (kind) => ((await cluster.version(kind)) === undefined ? [] : cluster.list(kind))),
  );
  const found = [...lists.flat(), ...(await strangePolicies(cluster))];
  const configured = await Promise.all(settings.map((name) => cluster.get(configMaps, name)));
  if (found.length === 0) return configured.filter((one) => one !== undefined);
  const gateways = found.filter(({ kind }) => kind === 'Gateway');
  const homes = [...new Set(gateways.map(({ metadata }) => metadata.namespace ?? ''))];
  const workloads = await Promise.all(homes.map((namespace) => cluster.list(deployments, { namespace })));
  const ofPlugins = found.some(({ apiVersion }) => pluginGroups.some((group) => apiVersion.startsWith(`${group}/`)));
  // Any user may put addresses behind a Service. Policies of network plugins also go by labels of ServiceAccounts.
  const kinds = ofPlugins ? [services, endpointSlices, serviceAccounts] : [services, endpointSlices];
  const referenced = await Promise.all(kinds.map((kind) => cluster.list(kind)));
  return [...found, ...referenced.flat(), ...workloads.flat(), ...configured.filter((one) => one !== undefined)];
}

/** Policies of kinds that nobody here has heard of; what stands for those of a kind that may not be listed. */
async function strangePolicies(
  cluster: Pick<KubernetesObjects, 'served' | 'list'>,
): Promise<readonly KubernetesObject[]> {
  const strange = (await cluster.served()).filter(({ group, kind }) => isStrangePolicy(`${group}/${kind}`));
  const lists = await Promise.all(
    strange.map(async (kind) => {
      try {
        return await cluster.list(kind);
      } catch (error) {
        if (error instanceof AdapterError && error.errorClass === 'forbidden') return [unlistedPolicies(kind)];
        throw error;
      }
    }),
  );
  return lists.flat();
}
