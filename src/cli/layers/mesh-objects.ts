import { load } from 'js-yaml';
import { z } from 'zod';
import type { KubernetesObjects, ObjectKind } from '../../adapter/kubernetes/objects.ts';
import { istioDefaults, readMeshConfig, type MeshConfig } from '../../core/mesh/objects/config.ts';
import { readMesh, type MeshSnapshot } from '../../core/mesh/objects.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';

const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
});
type Raw = z.output<typeof object>;

/** What reads a mesh, and what of it cannot be read off its objects. */
export interface MeshReading {
  /** Objects of ours come before those of others of the same name. */
  readonly objects: readonly unknown[];
  readonly config?: Partial<MeshConfig>;
}

const deciding = ['.istio.io', 'networking.k8s.io'];

/** Undefined when nothing among the objects says anything about flows out of the cluster. */
export function meshIn({ objects, config = {} }: MeshReading, { namespaces }: Snapshot): MeshSnapshot | undefined {
  const known = new Map<string, Raw>();
  for (const one of objects.flatMap((value) => object.safeParse(value).data ?? [])) {
    const key = `${groupOf(one)}/${one.kind}/${one.metadata.namespace}/${one.metadata.name}`;
    if (!known.has(key)) known.set(key, one);
  }
  const all = [...known.values()];
  if (!all.some((one) => deciding.some((group) => groupOf(one).endsWith(group)))) return undefined;
  const gateways = new Set(all.filter(({ kind }) => kind === 'Gateway').map(({ metadata }) => metadata.namespace));
  const others = all.filter(
    ({ kind, metadata }) =>
      kind !== 'Namespace' && ((kind !== 'Pod' && kind !== 'Deployment') || gateways.has(metadata.namespace)),
  );
  const spaces = namespaces.map(({ name, labels }) => {
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  });
  return readMesh([...spaces, ...others], { ...configIn(all), ...config });
}

function groupOf({ apiVersion }: Raw): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

const configMap = z.looseObject({ data: z.looseObject({ mesh: z.string() }) });

/** The settings of the mesh, if its ConfigMap is there: https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
function configIn(objects: readonly Raw[]): MeshConfig {
  const found = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'istio');
  const text = configMap.safeParse(found).data?.data.mesh;
  return text === undefined ? istioDefaults : readMeshConfig(load(text));
}

const kind = (
  group: string,
  name: string,
  plural: string,
  versions: readonly string[],
  namespaced = true,
): ObjectKind => ({
  group,
  kind: name,
  plural,
  versions,
  namespaced,
});
const networking = (name: string, plural: string): ObjectKind =>
  kind('networking.istio.io', name, plural, ['v1', 'v1beta1', 'v1alpha3']);

/** Everything that is asked for of a cluster. */
const kinds: readonly ObjectKind[] = [
  networking('ServiceEntry', 'serviceentries'),
  networking('VirtualService', 'virtualservices'),
  networking('DestinationRule', 'destinationrules'),
  networking('Gateway', 'gateways'),
  networking('Sidecar', 'sidecars'),
  kind('networking.istio.io', 'EnvoyFilter', 'envoyfilters', ['v1alpha3']),
  kind('security.istio.io', 'AuthorizationPolicy', 'authorizationpolicies', ['v1', 'v1beta1']),
  kind('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', ['v1']),
  kind('policy.networking.k8s.io', 'ClusterNetworkPolicy', 'clusternetworkpolicies', ['v1alpha2', 'v1alpha1'], false),
  kind('gateway.networking.k8s.io', 'Gateway', 'gateways', ['v1', 'v1beta1']),
];
const services = kind('', 'Service', 'services', ['v1']);
const deployments = kind('apps', 'Deployment', 'deployments', ['v1']);
const configMaps = kind('', 'ConfigMap', 'configmaps', ['v1']);

/** Lists what the cluster has of all that; kinds that it does not serve, it has none of. @throws AdapterError */
export async function meshObjects(cluster: KubernetesObjects, rootNamespace: string): Promise<readonly unknown[]> {
  const lists = await Promise.all(
    kinds.map(async (one) => ((await cluster.version(one)) === undefined ? [] : cluster.list(one))),
  );
  const found = lists.flat();
  if (found.length === 0) return [];
  const gateways = found.filter((one) => one.kind === 'Gateway');
  const homes = [...new Set(gateways.map(({ metadata }) => metadata.namespace ?? ''))];
  const settings = await cluster.get(configMaps, { namespace: rootNamespace, name: 'istio' });
  const workloads = await Promise.all(homes.map((namespace) => cluster.list(deployments, { namespace })));
  return [...found, ...(await cluster.list(services)), ...workloads.flat(), ...(settings ? [settings] : [])];
}
