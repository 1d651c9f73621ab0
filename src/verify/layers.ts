import type { EnforcementPoint } from '../api/kinds.ts';
import type { Port } from '../api/fields/destination.ts';
import type { MeshSnapshot } from './mesh/objects/snapshot.ts';
import type { Destination } from '../core/model/desired.ts';
import type { Loss } from '../core/model/resource.ts';
import type { Labels, Snapshot } from '../core/model/snapshot.ts';
import type { DeviceTable } from '../core/model/table.ts';
import type { NetworkCluster } from './network/ends/cluster.ts';
import { selects } from './values/selector.ts';
import type { Remaining } from './values/time.ts';

/** Flows that a layer is known not to express, and says so. */
export interface AcceptedGap {
  readonly to: Destination;
  /** Empty: every port. */
  readonly ports: readonly Port[];
  readonly effect: Loss['effect'];
  /** It leaves them to another layer, which should then see to them. */
  readonly elsewhere: boolean;
  /** The code and the message of the loss. */
  readonly code: string;
  readonly message: string;
}

/** A firewall, by what is on it. */
export interface Perimeter {
  readonly point: EnforcementPoint;
  readonly table: DeviceTable;
  readonly acceptedGaps: readonly AcceptedGap[];
}

/** A point whose objects are part of the mesh that was read. */
export interface InMeshPoint {
  readonly point: EnforcementPoint;
  /** How the pods that it covers are in the mesh, unless their labels say otherwise; `none`: it is about every packet. */
  readonly mode: 'sidecar' | 'ambient' | 'none';
  /** Workloads that it cannot tell apart: of one ServiceAccount, or of one namespace. */
  readonly grain: 'identity' | 'namespace';
  readonly acceptedGaps: readonly AcceptedGap[];
}

/** Everything that decides about flows out of a cluster, at one instant. */
export interface Layers {
  readonly snapshot: Snapshot;
  readonly remaining: Remaining;
  /** Undefined: nothing in the cluster decides but the intent itself. */
  readonly mesh: MeshSnapshot | undefined;
  /** Who has which address in the cluster, Services among them; absent: no more than the snapshot says. */
  readonly cluster?: () => NetworkCluster;
  readonly inMesh: readonly InMeshPoint[];
  readonly perimeters: readonly Perimeter[];
}

/** Is a namespace one that the point is there for? */
export function covers({ spec }: EnforcementPoint, namespaceLabels: Labels): boolean {
  return selects(spec.namespaceSelector, namespaceLabels);
}
