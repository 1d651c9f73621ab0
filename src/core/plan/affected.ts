import { grouped } from '../model/grouped.ts';
import type { Change } from '../model/plan.ts';
import { keyOf, type Resource } from '../model/resource.ts';

/** Stands for the rules and groups that use an object, where these are not known. */
export const unknownUsers = '*';

/**
 * The ids of the rules and groups that are not as they should be while these changes are outstanding: those that the
 * objects are there for, and those whose own objects need them. Sorted.
 *
 * @param resources all objects that are known, as they are or as they should be
 */
export function affectedIds(changes: readonly Change[], resources: readonly Resource[]): readonly string[] {
  if (changes.length === 0) return [];
  const users = usersOf(resources);
  const serves = new Map(resources.flatMap(({ desiredId, ...key }) => (desiredId ? [[keyOf(key), desiredId]] : [])));
  const ids = new Set<string>();
  for (const change of changes) {
    const found = reached(keyOf(change.key), users).flatMap((key) => serves.get(key) ?? []);
    for (const id of found) ids.add(id);
    // An object that is there and unused does no harm; one that is missing may be needed by any rule.
    if (found.length === 0 && change.op !== 'delete') ids.add(unknownUsers);
  }
  return [...ids].sort();
}

/** By object, those that refer to it. */
function usersOf(resources: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  return grouped(resources.flatMap((user) => user.refs.map((ref) => [keyOf(ref), keyOf(user)] as const)));
}

/** An object and all that need it, at whatever remove. */
function reached(key: string, users: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const seen = new Set([key]);
  for (const at of seen) for (const user of users.get(at) ?? []) seen.add(user);
  return [...seen];
}
