import type { Change } from '../../model/plan.ts';
import type { HeldMembers } from '../../model/outcome.ts';
import { keyOf, type Resource } from '../../model/resource.ts';
import { namespaceOf, partsOf } from './removals.ts';

type MembersChange<R extends Resource> = Extract<Change<R>, { readonly op: 'members' }>;

/** Of accepting groups that are to go, the addresses whose pods have ended: these leave, whether or not the group may. */
export function endedIn<R extends Resource>(
  changes: readonly Change<R>[],
  ended: ReadonlySet<string>,
): MembersChange<R>[] {
  return changes.flatMap((change) => {
    if (change.op !== 'delete' || change.before.effect !== 'Accept') return [];
    const { key, before } = change;
    const remove = before.members?.filter((member) => ended.has(member)) ?? [];
    return remove.length === 0 ? [] : [{ op: 'members', phase: 'revoke', key, add: [], remove, before } as const];
  });
}

/** What was read, as it is once these have left. */
export function withoutMembers<R extends Resource>(
  resources: readonly R[],
  leave: readonly MembersChange<R>[],
): readonly R[] {
  if (leave.length === 0) return resources;
  const left = new Map(leave.map(({ key, remove }) => [keyOf(key), new Set(remove)]));
  return resources.map((resource) => {
    const gone = left.get(keyOf(resource));
    return gone ? { ...resource, members: resource.members?.filter((member) => !gone.has(member)) ?? [] } : resource;
  });
}

/** A point whose groups hold more than this tells of the first; when these have left, of others. */
const mostHeld = 10_000;

/**
 * Who still stands in accepting groups that are to go. No delta speaks of them any longer, and a controller that did not see
 * their pods end can tell by this.
 *
 * @param remaining what the device lacks
 */
export function heldMembers(
  remaining: readonly Change[],
  known: Parameters<typeof partsOf>[1],
): readonly HeldMembers[] {
  const partOf = partsOf(remaining, known);
  const held = new Map<string, Set<string>>();
  let left = mostHeld;
  for (const change of remaining) {
    if (change.op !== 'delete' || change.before.effect !== 'Accept') continue;
    const members = change.before.members?.slice(0, left) ?? [];
    if (members.length === 0) continue;
    left -= members.length;
    const namespace = namespaceOf(partOf(change.before));
    held.set(namespace, new Set([...(held.get(namespace) ?? []), ...members]));
  }
  return [...held].map(([namespace, members]) => ({ namespace, members: [...members] }));
}
