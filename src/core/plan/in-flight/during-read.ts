import type { Change, Plan } from '../../model/plan.ts';
import { keyOf, type Resource } from '../../model/resource.ts';

/*
 * Members that were changed while the device was being read. Whether the reading shows them before or after is not
 * known, so nothing is concluded from it; the next reading tells.
 */

/** Resources as they are meant to be once these changes of members are made. */
export function withMembers<R extends Resource>(resources: readonly R[], inFlight: readonly Change[]): readonly R[] {
  if (inFlight.length === 0) return resources;
  const members = new Map<string, Set<string>>();
  const known = new Map(resources.map((resource) => [keyOf(resource), resource]));
  for (const change of inFlight) {
    const key = keyOf(change.key);
    if (change.op !== 'members' || !known.has(key)) continue;
    const set = members.get(key) ?? new Set(known.get(key)?.members);
    for (const member of change.remove) set.delete(member);
    for (const member of change.add) set.add(member);
    members.set(key, set);
  }
  return resources.map((resource) => {
    const set = members.get(keyOf(resource));
    return set === undefined ? resource : { ...resource, members: [...set].sort() };
  });
}

/** A plan without what it would do to members in flight: it neither takes back what was just sent nor sends it again. */
export function withoutMembers<R extends Resource>(plan: Plan<R>, inFlight: readonly Change[]): Plan<R> {
  if (inFlight.length === 0) return plan;
  const members = new Map<string, Set<string>>();
  for (const change of inFlight) {
    if (change.op !== 'members') continue;
    const set = members.get(keyOf(change.key)) ?? new Set();
    for (const member of [...change.add, ...change.remove]) set.add(member);
    members.set(keyOf(change.key), set);
  }
  const changes = plan.changes.flatMap((change): Change<R>[] => {
    const unknown = members.get(keyOf(change.key));
    if (unknown === undefined || change.op !== 'members') return [change];
    const isKnown = (member: string): boolean => !unknown.has(member);
    const [add, remove] = [change.add.filter(isKnown), change.remove.filter(isKnown)];
    return add.length + remove.length === 0 ? [] : [{ ...change, add, remove }];
  });
  return { changes };
}
