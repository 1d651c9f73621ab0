import { compareText } from '../../../src/api/problem.ts';
import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { inOrderOfNeed, isAgainstAll, type Need } from '../shares.ts';

export interface Carried {
  readonly groups: readonly AddressGroup[];
  readonly rules: readonly Rule[];
  readonly losses: readonly Loss[];
}

/**
 * What there is room for on a device that holds so many groups. What cluster-wide policies deny comes first. The rest is
 * shared: each namespace gets one group after the other in turn, and cluster-wide policies together are one more, so that
 * the namespace that asks for hundreds gets less. Within a share denying groups come before accepting ones, so
 * that nothing of a namespace is accepted while one of its own Deny is left out; then those of the oldest policies first.
 * Groups without members come last: they permit and deny nothing.
 *
 * @returns losses of the newest policies first
 * @param limit of groups, or of what `sizeOf` counts of them
 * @param noRoom code of the loss, and its words: why, and what to do, around `the rule is left out`
 */
export function withinCapacity(
  { groups, rules }: Pick<DesiredState, 'groups' | 'rules'>,
  limit: number,
  noRoom: { readonly code: Loss['code']; readonly message: (what: string) => string },
  sizeOf: (group: AddressGroup) => number = () => 1,
): Carried {
  if (groups.reduce((sum, group) => sum + sizeOf(group), 0) <= limit) return { groups, rules, losses: [] };
  const kept = new Set(thatFit(inOrderOfNeed(needsOf(groups, rules, sizeOf), isEmpty), limit).map(({ id }) => id));
  const narrowed = rules.map((rule) => ({ ...rule, sources: rule.sources.filter((id) => kept.has(id)) }));
  const newestFirst = narrowed
    .map((rule, index) => ({ ...rule, wanted: rules[index]?.sources.length ?? 0 }))
    .sort((a, b) => compareText(b.origin.createdAt ?? '', a.origin.createdAt ?? ''));
  const losses = newestFirst.flatMap(({ id, sources, wanted }): Loss[] => {
    const lacking = wanted - sources.length;
    if (lacking === 0) return [];
    const what = sources.length === 0 ? 'is left out' : `lacks ${lacking} of its ${wanted} groups`;
    const effect = sources.length === 0 ? 'rejected' : 'narrowed';
    return [{ effect, id, code: noRoom.code, message: noRoom.message(`the rule ${what}`) }];
  });
  return { groups: groups.filter(({ id }) => kept.has(id)), rules: narrowed, losses };
}

interface GroupNeed extends Need {
  readonly group: AddressGroup;
}

function needsOf(
  groups: readonly AddressGroup[],
  rules: readonly Rule[],
  sizeOf: (group: AddressGroup) => number,
): readonly GroupNeed[] {
  const users = usersOf(rules);
  return groups.map((group) => ({
    ...(users.get(group.id) ?? { namespace: '', since: '' }),
    id: group.id,
    denies: group.role === 'Deny',
    size: sizeOf(group),
    group,
  }));
}

function isEmpty({ group }: GroupNeed): boolean {
  return group.members.length === 0;
}

/** A namespace whose next group does not fit gets no further groups. If a Deny for all sources does not fit, no namespace does. */
function thatFit(needs: readonly GroupNeed[], limit: number): readonly AddressGroup[] {
  const kept: AddressGroup[] = [];
  const ended = new Set<string>();
  let room = limit;
  for (const need of needs) {
    const { group, namespace, size } = need;
    if (ended.has(namespace)) continue;
    if (size > room && isAgainstAll(need)) break;
    if (size > room) ended.add(namespace);
    else {
      kept.push(group);
      room -= size;
    }
  }
  return kept;
}

function usersOf(rules: readonly Rule[]): ReadonlyMap<string, Pick<Need, 'namespace' | 'since'>> {
  const users = new Map<string, Pick<Need, 'namespace' | 'since'>>();
  for (const { sources, origin } of rules)
    for (const id of sources) {
      const { namespace, createdAt = '' } = origin;
      const known = users.get(id) ?? { namespace, since: createdAt };
      const since = createdAt < known.since ? createdAt : known.since;
      users.set(id, { namespace: known.namespace === namespace ? namespace : '', since });
    }
  return users;
}
