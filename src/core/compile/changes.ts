import type { Kind } from '../../api/kinds.ts';
import { authorAnnotation, refreshAnnotation } from '../../api/meta.ts';
import type { ObjectChange, Snapshot, SnapshotKinds } from '../model/snapshot.ts';
import { same } from './same.ts';

/** A whole cluster as changes: a cold compile is the first round of an incremental one. */
export function toChanges(snapshot: Snapshot): ObjectChange[] {
  return [
    ...snapshot.namespaces.map((object) => ({ kind: 'Namespace', key: object.name, object }) as const),
    ...snapshot.nodes.map((object) => ({ kind: 'Node', key: object.name, object }) as const),
    ...snapshot.serviceAccounts.map(
      (object) => ({ kind: 'ServiceAccount', key: `${object.namespace}/${object.name}`, object }) as const,
    ),
    ...snapshot.pods.map((object) => ({ kind: 'Pod', key: `${object.namespace}/${object.name}`, object }) as const),
    ...snapshot.externalServices.map(
      (object) => ({ kind: 'ExternalService', key: object.metadata.name, object }) as const,
    ),
    ...snapshot.egressPolicies.map(
      (object) =>
        ({ kind: 'EgressPolicy', key: `${object.metadata.namespace}/${object.metadata.name}`, object }) as const,
    ),
    ...snapshot.clusterEgressPolicies.map(
      (object) => ({ kind: 'ClusterEgressPolicy', key: object.metadata.name, object }) as const,
    ),
    ...(snapshot.egressSources ?? []).map((object) => ({ kind: 'EgressSource', key: object.id, object }) as const),
    ...(snapshot.egressDelegations ?? []).map(
      (object) => ({ kind: 'EgressDelegation', key: object.metadata.name, object }) as const,
    ),
    ...(snapshot.egressApprovals ?? []).map(
      (object) =>
        ({ kind: 'EgressApproval', key: `${object.metadata.namespace}/${object.metadata.name}`, object }) as const,
    ),
    ...snapshot.enforcementPoints.map(
      (object) => ({ kind: 'EnforcementPoint', key: object.metadata.name, object }) as const,
    ),
  ];
}

/** @param key of an object in a namespace */
export function partsOfKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The last change of every object. */
export function latest(changes: readonly ObjectChange[]): readonly ObjectChange[] {
  if (changes.length < 2) return changes;
  const later = new Map<ObjectChange['kind'], Set<string>>();
  const isLast = ({ kind, key }: ObjectChange): boolean => {
    const keys = later.get(kind) ?? new Set();
    if (keys.size === 0) later.set(kind, keys);
    const known = keys.size;
    return keys.add(key).size > known;
  };
  const overtaken = new Set<number>();
  for (let at = changes.length - 1; at >= 0; at -= 1) {
    const change = changes[at];
    if (change && !isLast(change)) overtaken.add(at);
  }
  return overtaken.size === 0 ? changes : changes.filter((_, at) => !overtaken.has(at));
}

type CustomObject = SnapshotKinds[Kind];

/** Do two versions of one of our objects mean the same? Status, bookkeeping and most annotations mean nothing here. */
export function sameMeaning(a: CustomObject | undefined, b: CustomObject | undefined): boolean {
  return a && b ? same(meaningOf(a), meaningOf(b)) : a === b;
}

function meaningOf({ metadata, spec }: CustomObject): unknown {
  const { name, namespace, uid, generation, labels, annotations } = metadata;
  const [refresh, author] = [annotations[refreshAnnotation], annotations[authorAnnotation]];
  return { name, namespace, uid, generation, labels, refresh, author, spec };
}
