import type { Snapshot } from '../core/model/snapshot.ts';
import { readUnfollowed } from '../kube/egress-sources/unfollowed.ts';
import { unfollowedEgressKindIds } from '../verify/egress-addresses/kinds.ts';
import { kindIn } from '../verify/values/objects.ts';

/** The cluster with objects among these that give pods addresses, and of which no snapshot of a cluster tells. */
export function withUnfollowed(snapshot: Snapshot, objects: readonly unknown[]): Snapshot {
  const { egressSources = [] } = snapshot;
  const known = new Set(egressSources.map(({ id }) => id));
  const more = objects.flatMap((one) => {
    const kind = kindIn(one) ?? '';
    const read = unfollowedEgressKindIds.has(kind) ? readUnfollowed(kind, one) : undefined;
    return read && 'object' in read && !known.has(read.object.id) ? [read.object] : [];
  });
  return more.length === 0 ? snapshot : { ...snapshot, egressSources: [...egressSources, ...more] };
}
