import { compareText, type Problem } from '../../api/problem.ts';
import type { Namespace, Pod, Snapshot } from '../../core/model/snapshot.ts';
import { impliedNamespace } from '../kinds/core-kinds.ts';
import { syntheticPods } from '../kinds/workloads.ts';
import type { ManifestFile } from './parse-file.ts';
import { withTopControllers, type Owners } from './owners.ts';
import type { Entry, ManifestKinds, ManifestObject } from './read-object.ts';
import { Positions, type Source } from './positions.ts';
import type { Secret } from '../kinds/secret.ts';

/** Manifests read as if they were a cluster. */
export interface ManifestCluster {
  /** How many documents the files have, whatever is in them. */
  readonly documents: number;
  readonly snapshot: Snapshot;
  /** For `secretRef` only. */
  readonly secrets: readonly Secret[];
  /** Objects of other kinds that decide egress too: those of a mesh, network policies. */
  readonly foreignObjects: readonly unknown[];
  readonly problems: readonly Problem[];
  /** `policies.yaml:12`: where the files have an object (`EgressPolicy/shop/web`) or a field of it; undefined: nowhere. */
  readonly locate: (id: string, field?: string) => Promise<string | undefined>;
}

/**
 * Joins files into a cluster. Of several objects of one name the first counts; a workload without pods gets a synthetic one;
 * a namespace exists if anything is in it.
 */
export async function assemble(files: readonly ManifestFile[]): Promise<ManifestCluster> {
  const { distinct, duplicates } = separate(files.flatMap(({ objects }) => objects));
  const foreign = separate(files.flatMap(({ foreignObjects }) => foreignObjects));
  const owners: Owners = new Map(files.flatMap((file) => [...file.owners]));
  const snapshot = snapshotOf(distinct, owners);
  return {
    documents: files.reduce((sum, { documents }) => sum + documents, 0),
    snapshot: { ...snapshot, namespaces: withImplied(snapshot) },
    secrets: ofKind(distinct, 'Secret'),
    foreignObjects: foreign.distinct.map(({ value }) => value),
    problems: [
      ...files.flatMap(({ problems }) => problems),
      ...(await report(duplicates)),
      ...(await report(foreign.duplicates)),
    ],
    locate: locatorOf(distinct),
  };
}

function locatorOf(objects: readonly ManifestObject[]): ManifestCluster['locate'] {
  const sources = new Map(objects.map(({ id, source }) => [id, source]));
  const positions = new Positions();
  return async (id, field) => {
    const source = sources.get(id);
    return source && positions.of(source, field);
  };
}

interface Written {
  /** Undefined: no other object has it. */
  readonly id: string | undefined;
  /** As people call it; absent: as `id` does. */
  readonly subject?: string;
  readonly source: Source;
}

interface Duplicate {
  readonly subject: string;
  readonly first: Source;
  readonly again: Source;
}

function separate<T extends Written>(objects: readonly T[]): { distinct: T[]; duplicates: Duplicate[] } {
  const sources = new Map<string, Source>();
  const duplicates: Duplicate[] = [];
  const distinct = objects.filter(({ id, subject, source }) => {
    if (id === undefined) return true;
    const first = sources.get(id);
    if (first) duplicates.push({ subject: subject ?? id, first, again: source });
    else sources.set(id, source);
    return first === undefined;
  });
  return { distinct, duplicates };
}

function report(duplicates: readonly Duplicate[]): Promise<Problem[]> {
  const positions = new Positions();
  return Promise.all(
    duplicates.map(async ({ subject, first, again }) => ({
      severity: 'error',
      subject,
      field: 'metadata.name',
      code: 'duplicate-object',
      message: `${await positions.of(again, 'metadata.name')} defines it again; ${await positions.of(first, 'metadata.name')} counts: remove one of them`,
    })),
  );
}

function snapshotOf(objects: readonly ManifestObject[], owners: Owners): Snapshot {
  const egressSources = ofKind(objects, 'EgressSource');
  const egressDelegations = ofKind(objects, 'EgressDelegation');
  const egressApprovals = ofKind(objects, 'EgressApproval');
  const pods = withTopControllers(ofKind(objects, 'Pod'), owners);
  return {
    namespaces: ofKind(objects, 'Namespace'),
    serviceAccounts: ofKind(objects, 'ServiceAccount'),
    nodes: ofKind(objects, 'Node'),
    pods: podsApart([...pods, ...syntheticPods(ofKind(objects, 'Workload'), pods)]),
    externalServices: oursApart(ofKind(objects, 'ExternalService')),
    egressPolicies: oursApart(ofKind(objects, 'EgressPolicy')),
    clusterEgressPolicies: oursApart(ofKind(objects, 'ClusterEgressPolicy')),
    enforcementPoints: oursApart(ofKind(objects, 'EnforcementPoint')),
    ...(egressDelegations.length > 0 && { egressDelegations }),
    ...(egressApprovals.length > 0 && { egressApprovals }),
    ...(egressSources.length > 0 && { egressSources }),
  };
}

/** Objects of one `generateName` are several, which an API server would name apart: all are known by their names. */
function apart<T>(objects: readonly T[], keyOf: (object: T) => string, renamed: (object: T, suffix: string) => T): T[] {
  const taken = new Set<string>();
  return objects.map((object) => {
    const key = keyOf(object);
    let suffix = '';
    for (let number = 2; taken.has(key + suffix); number += 1) suffix = `-${number}`;
    taken.add(key + suffix);
    return suffix === '' ? object : renamed(object, suffix);
  });
}

function podsApart(pods: readonly Pod[]): readonly Pod[] {
  return apart(
    pods,
    ({ namespace, name }) => `${namespace}/${name}`,
    (pod, suffix) => ({ ...pod, name: `${pod.name}${suffix}`, uid: `${pod.uid}${suffix}` }),
  );
}

function oursApart<T extends { readonly metadata: { readonly namespace?: string | undefined; readonly name: string } }>(
  objects: readonly T[],
): readonly T[] {
  return apart(
    objects,
    ({ metadata: { namespace = '', name } }) => `${namespace}/${name}`,
    (object, suffix) => ({ ...object, metadata: { ...object.metadata, name: `${object.metadata.name}${suffix}` } }),
  );
}

function ofKind<K extends keyof ManifestKinds>(objects: readonly ManifestObject[], kind: K): ManifestKinds[K][] {
  return objects.filter((read): read is ManifestObject & Entry<K> => read.kind === kind).map(({ object }) => object);
}

/** Adds the namespaces that no manifest describes and objects are in. */
function withImplied({ namespaces, pods, serviceAccounts, egressPolicies }: Snapshot): readonly Namespace[] {
  const described = new Set(namespaces.map(({ name }) => name));
  const mentioned = new Set([
    ...[...pods, ...serviceAccounts].map(({ namespace }) => namespace),
    ...egressPolicies.map(({ metadata }) => metadata.namespace),
  ]);
  const missing = [...mentioned].filter((name) => !described.has(name)).sort(compareText);
  return [...namespaces, ...missing.map(impliedNamespace)];
}
