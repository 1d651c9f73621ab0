import type { Labels, Pod } from '../../core/model/snapshot.ts';

export type PodTest = (
  pod: Pick<Pod, 'namespace' | 'name' | 'labels' | 'serviceAccount'>,
  namespaceLabels: Labels,
) => boolean;

/** What has pods leave the cluster under an address that is neither theirs nor their node's. */
export interface EgressAddress {
  /** `EgressIP/prod` */
  readonly id: string;
  /** As written; empty where the plugin chooses, or where gateways are pods. */
  readonly addresses: readonly string[];
  /** Where to it gives them, as networks; empty: everywhere. */
  readonly destinations: readonly string[];
  /** Where to its pods leave by themselves all the same, as networks. */
  readonly past?: readonly string[];
  /** Does it take the pod? */
  readonly takes: (pod: Pod, namespaceLabels: Labels) => boolean;
  /** Where gateways are pods, whose addresses count: is the pod one of them? `unknown`: nobody can tell. */
  readonly gateway?: PodTest | 'unknown';
}
