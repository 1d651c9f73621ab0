import type { ClusterEgressPolicy, EgressPolicy } from '../../../api/kinds.ts';
import type { DestinationRef } from '../../../api/fields/destination.ts';
import type { Governance } from '../../../api/meta.ts';
import type { Resolved } from './resolve.ts';

export type AnyPolicy = EgressPolicy | ClusterEgressPolicy;

/** A policy and what it was resolved into. */
export interface Policy<T extends AnyPolicy> {
  readonly name: string;
  /** Empty for cluster-wide ones. */
  readonly namespace: string;
  /** What is in force of it. */
  readonly object: T;
  readonly resolved: Resolved;
}

/** All that is known of a policy, in one record. */
interface KnownOf<K, T extends AnyPolicy> extends Policy<T> {
  readonly kind: K;
  /** As it stands in the cluster; what is in force may be what was approved before. */
  written: T;
  object: T;
  resolved: Resolved;
  /** Is there a time at which it has to be looked at again? */
  hasEnds: boolean;
  /** Does it have to be resolved again? */
  isStale: boolean;
}

export type KnownLocal = KnownOf<'EgressPolicy', EgressPolicy>;
export type KnownCluster = KnownOf<'ClusterEgressPolicy', ClusterEgressPolicy>;
export type KnownPolicy = KnownLocal | KnownCluster;

const unresolved: Resolved = { intents: [], problems: [] };
const none: readonly string[] = [];

export function knownPolicy<K, T extends AnyPolicy>(
  kind: K,
  namespace: string,
  name: string,
  written: T,
): KnownOf<K, T> {
  return { kind, namespace, name, written, object: written, resolved: unresolved, hasEnds: false, isStale: false };
}

/** `EgressPolicy/namespace/name` or `ClusterEgressPolicy/name`. */
export function idOf(known: KnownPolicy): string {
  const { kind, namespace, name } = known;
  return kind === 'EgressPolicy' ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}

/** When it is to be looked at again. */
export function endsOf(governance: Governance | undefined): readonly string[] {
  if (!governance) return none;
  return [governance.expiresAt, governance.reviewBy].filter((end) => end !== undefined);
}

export function entriesOf({ spec }: AnyPolicy): readonly DestinationRef[] {
  return 'egress' in spec ? spec.egress.flatMap(({ to }) => to) : spec.to;
}
