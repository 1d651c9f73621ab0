import { z } from 'zod';
import type { MeshDeclaration } from '../../adapter/adapter.ts';
import type { ObjectName } from '../../adapter/kubernetes-objects.ts';
import type { Plugin } from '../../verify/network/plugin.ts';
import { isStrangePolicy, networkKindIds } from '../../verify/network/kinds.ts';
import type { MeshConfig } from '../../verify/mesh/objects/config.ts';
import { readMesh, type MeshSnapshot } from '../../verify/mesh/objects/snapshot.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { settingsIn } from './settings.ts';

const object = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().default('') }),
});
type Raw = z.output<typeof object>;

/** What a mesh is read off, and what of it cannot be. */
export interface MeshReading {
  /** Of several objects of one name the first counts: ours come before those of others. */
  readonly objects: readonly unknown[];
  /** Where the mesh keeps its settings. Absent: a ConfigMap called `istio`, wherever it is. */
  readonly settings?: readonly ObjectName[];
  readonly config?: Partial<MeshConfig>;
  /** What points say of the mesh, where it does not say so itself. */
  readonly declared?: MeshDeclaration;
  /** What enforces network policies, if it is declared. */
  readonly plugin?: Plugin | undefined;
}

/** What is known of the cluster itself. */
type ClusterView = Pick<Snapshot, 'namespaces'> & Partial<Pick<Snapshot, 'pods' | 'nodes'>>;

const meshGroups = ['.istio.io', 'gateway.networking.k8s.io'];

/** Undefined when nothing among the objects, settings of a mesh included, says anything about flows out of the cluster. */
export function meshIn(
  { objects, settings, plugin, config = {}, declared = {} }: MeshReading,
  { namespaces, pods = [], nodes = [] }: ClusterView,
): MeshSnapshot | undefined {
  const all = distinct(objects);
  const read = settingsIn(all, settings);
  if (read.from === undefined && !all.some(decides)) return undefined;
  const gateways = new Set(all.filter(({ kind }) => kind === 'Gateway').map(({ metadata }) => metadata.namespace));
  const others = all.filter(
    ({ kind, metadata }) => kind !== 'Namespace' && (kind !== 'Deployment' || gateways.has(metadata.namespace)),
  );
  const spaces = namespaces.map(({ name, labels }) => {
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  });
  const known = { ...read.config, ...factsOf(declared, read.from !== undefined), ...config };
  const mesh = readMesh([...spaces, ...others], known, { pods, nodes, plugin });
  if (read.from === undefined || read.fault === undefined) return mesh;
  const fault = { id: read.from, namespace: mesh.config.rootNamespace, message: read.fault };
  return { ...mesh, unreadable: [...mesh.unreadable, { kind: '/ConfigMap', object: undefined, ...fault }] };
}

/** Some is in no setting of the mesh; the rest counts only where its settings are not known. */
function factsOf(
  { clusterDomain, version, wildcardTlsAtWaypoints, ...settings }: MeshDeclaration,
  isKnown: boolean,
): object {
  const unknown = isKnown ? {} : { ...settings, autoAllocates: settings.dnsCapture };
  const facts = { domainSuffix: clusterDomain, version, wildcardTlsAtWaypoints, ...unknown };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

function distinct(objects: readonly unknown[]): readonly Raw[] {
  const known = new Map<string, Raw>();
  for (const one of objects.flatMap((value) => object.safeParse(value).data ?? [])) {
    const key = `${groupOf(one)}/${one.kind}/${one.metadata.namespace}/${one.metadata.name}`;
    if (!known.has(key)) known.set(key, one);
  }
  return [...known.values()];
}

/** Is it an object of a mesh, or a network policy of any kind? */
function decides(one: Raw): boolean {
  const group = groupOf(one);
  const id = `${group}/${one.kind}`;
  return meshGroups.some((suffix) => group.endsWith(suffix)) || networkKindIds.has(id) || isStrangePolicy(id);
}

function groupOf({ apiVersion }: Raw): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
