import type { Adapter, LowerContext, Lowered, MeshDeclaration } from '../adapter/adapter.ts';
import type { KubernetesObject, ObjectName } from '../adapter/kubernetes-objects.ts';
import { ownerLabels } from '../../kit/kubernetes/ownership.ts';
import type { EnforcementPoint } from '../api/kinds.ts';
import type { DesiredState } from '../core/model/desired.ts';
import type { Proxies } from '../core/model/proxies.ts';
import type { Loss, Resource } from '../core/model/resource.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import type { InMeshPoint, Layers, Perimeter } from '../verify/layers.ts';
import { acceptedGapsOf } from '../verify/compare/accepted-gaps.ts';
import { readCluster, type NetworkCluster } from '../verify/network/ends/cluster.ts';
import { groupByKind } from '../verify/values/objects.ts';
import type { Remaining } from '../verify/values/time.ts';
import { meshIn, type MeshReading } from '../kube/mesh/objects.ts';
import { amongOthers } from './ages.ts';
import { withAddresses } from './followed-pods.ts';
import { withUnfollowed } from './unfollowed-sources.ts';

/** A point and the objects by which it is judged: read back from its device, or as they would be written. */
export interface ReadPoint {
  readonly point: EnforcementPoint;
  readonly adapter: Adapter;
  readonly context: LowerContext;
  readonly desired: DesiredState;
  readonly resources: readonly Resource[];
  /** What others have written in the same place; absent: nothing, or not read. */
  readonly others?: readonly Resource[];
  readonly losses: readonly Loss[];
  /** Which proxies have what was written; absent: not asked, or not known. */
  readonly proxies?: Proxies;
}

/** A point as it would be written. */
export function writtenPoint(
  point: EnforcementPoint,
  desired: DesiredState,
  { adapter, context }: Pick<ReadPoint, 'adapter' | 'context'>,
): ReadPoint {
  const { resources, losses }: Lowered = adapter.lower(desired, context);
  return { point, adapter, context, desired, resources, losses };
}

interface Sides {
  readonly snapshot: Snapshot;
  readonly remaining: Remaining;
  readonly points: readonly ReadPoint[];
  /** Objects of others, or everything that the cluster has. */
  readonly mesh: MeshReading;
  /** Are the objects of in-mesh points among these already? Otherwise those of `points` are added. */
  readonly complete: boolean;
}

/** Puts together what decides. A point that is neither a table nor in the mesh has no layer: a feed that others read. */
export function layersOf({ snapshot: followed, remaining, points, mesh, complete }: Sides): Layers {
  const snapshot = withUnfollowed(followed, mesh.objects);
  const perimeters = points.flatMap((read): Perimeter[] => {
    const { point, adapter, context, desired, resources, others, losses } = read;
    const table = adapter.table?.(resources, context, others);
    if (table === undefined) return [];
    return [{ point, table: withAddresses(table, snapshot.pods), acceptedGaps: acceptedGapsOf(desired, losses) }];
  });
  const inMesh = points.flatMap(({ point, adapter, context, desired, losses }): InMeshPoint[] => {
    const plane = adapter.inMesh?.plane(context.config);
    return plane === undefined ? [] : [{ point, ...plane, acceptedGaps: acceptedGapsOf(desired, losses) }];
  });
  const own = complete ? [] : amongOthers(points.flatMap(objectsOf), mesh.objects);
  const assumed = complete ? [] : points.flatMap((read) => assumedBy(read, own));
  const [plugin] = points.flatMap(({ adapter, context }) => adapter.inMesh?.networkPlugin?.(context.config) ?? []);
  const objects = [...own, ...mesh.objects, ...assumed];
  const reading: MeshReading = {
    settings: settingsOf(points),
    declared: meshDeclarationOf(points),
    ...mesh,
    objects,
    ...(plugin !== undefined && { plugin }),
  };
  const { namespaces, pods, nodes } = snapshot;
  const cluster = (): NetworkCluster => readCluster({ byKind: groupByKind(objects), namespaces, pods, nodes });
  return { snapshot, remaining, perimeters, inMesh, mesh: meshIn(reading, snapshot), cluster };
}

/** What a point in the cluster would write, with our mark. */
export function objectsOf({ adapter, context: { owner }, point, resources }: ReadPoint): readonly KubernetesObject[] {
  const marks = ownerLabels({ owner, point: point.metadata.name });
  return (adapter.inMesh?.objects(resources) ?? []).map((object) => {
    const labels = { ...object.metadata.labels, ...marks };
    return { ...object, metadata: { ...object.metadata, labels } };
  });
}

/** Where the meshes that the points are about keep their settings. */
export function settingsOf(points: readonly Pick<ReadPoint, 'adapter' | 'context'>[]): readonly ObjectName[] {
  return points.flatMap(({ adapter, context }) => adapter.inMesh?.settings?.(context.config) ?? []);
}

/** What the points say of their mesh. */
export function meshDeclarationOf(points: readonly Pick<ReadPoint, 'adapter' | 'context'>[]): MeshDeclaration {
  const said = points.flatMap(({ adapter, context }) => adapter.inMesh?.mesh?.(context.config) ?? []);
  return said[0] ?? {};
}

function assumedBy({ adapter, context }: ReadPoint, objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return adapter.inMesh?.syntheticObjects?.(context.config, objects) ?? [];
}
