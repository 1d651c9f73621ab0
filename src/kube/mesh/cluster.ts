import type { KubernetesObjects, ObjectName } from '../../adapter/kubernetes-objects.ts';
import { isStrangePolicy } from '../../verify/network/kinds.ts';
import { unfollowedEgressObjects } from './egress-addresses.ts';
import { listedOrUnknown } from './listed-or-unknown.ts';
import { configMaps, decidingKinds, deployments, endpointSlices, serviceAccounts, services } from './kinds.ts';
import { usualSettings } from './settings.ts';

const pluginGroups = ['cilium.io', 'projectcalico.org', 'crd.projectcalico.org', 'crd.antrea.io'];

/**
 * Everything in a cluster that decides who leaves it through the mesh: all of it, or an error. Kinds that the cluster
 * does not serve, it has none of. With it, objects that give pods addresses of which no point is told. Of kinds that are not
 * modelled, what could not be listed has an object that stands for it.
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
  const served = await cluster.served();
  const [strange, unfollowed] = await Promise.all([
    listedOrUnknown(cluster, served, isStrangePolicy),
    unfollowedEgressObjects(cluster, served),
  ]);
  const found = [...lists.flat(), ...strange];
  const settled = (await Promise.all(settings.map((name) => cluster.get(configMaps, name)))).flatMap(
    (one) => one ?? [],
  );
  if (found.length === 0) return [...unfollowed, ...settled];
  const gateways = found.filter(({ kind }) => kind === 'Gateway');
  const homes = [...new Set(gateways.map(({ metadata }) => metadata.namespace ?? ''))];
  const workloads = await Promise.all(homes.map((namespace) => cluster.list(deployments, { namespace })));
  const ofPlugins = found.some(({ apiVersion }) => pluginGroups.some((group) => apiVersion.startsWith(`${group}/`)));
  // Any user may put addresses behind a Service. Policies of network plugins also go by labels of ServiceAccounts.
  const kinds = ofPlugins ? [services, endpointSlices, serviceAccounts] : [services, endpointSlices];
  const referenced = await Promise.all(kinds.map((kind) => cluster.list(kind)));
  return [...found, ...unfollowed, ...referenced.flat(), ...workloads.flat(), ...settled];
}
