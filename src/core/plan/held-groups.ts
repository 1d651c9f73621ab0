import type { Change } from '../model/plan.ts';
import { keyOf, type Resource } from '../model/resource.ts';

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
