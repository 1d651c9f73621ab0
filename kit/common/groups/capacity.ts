import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';

export interface Carried {
  readonly groups: readonly AddressGroup[];
  readonly rules: readonly Rule[];
  readonly losses: readonly Loss[];
}

/**
 * What there is room for on a device that holds so many groups: denying groups first, then accepting ones, those of the
 * oldest policies first, and those without members last, for they let nobody out. So what is in stays in, and what comes too late is left out, whatever was written first; and as
 * long as a denying group is left out, nothing is accepted that it might have stopped.
 *
 * @returns losses of the newest policies first
 * @param noRoom code of the loss, and its words: why, and what to do, around `the rule is left out`
 */
export function withinCapacity(
  { groups, rules }: Pick<DesiredState, 'groups' | 'rules'>,
  limit: number,
  noRoom: { readonly code: string; readonly message: (what: string) => string },
): Carried {
  if (groups.length <= limit) return { groups, rules, losses: [] };
  const ages = agesOf(rules);
  const byAge = groups.toSorted((a, b) => compared(ages.get(a.id), ages.get(b.id)) || compared(a.id, b.id));
  const ofRole = (role: AddressGroup['role']): readonly AddressGroup[] => byAge.filter((group) => group.role === role);
  const isEmpty = ({ members }: AddressGroup): boolean => members.length === 0;
  const accepting = ofRole('Accept');
  const inNeed = [...accepting.filter((group) => !isEmpty(group)), ...accepting.filter(isEmpty)];
  const kept = new Set([...ofRole('Deny'), ...inNeed].slice(0, limit).map(({ id }) => id));
  const narrowed = rules.map((rule) => ({ ...rule, sources: rule.sources.filter((id) => kept.has(id)) }));
  const newestFirst = narrowed
    .map((rule, index) => ({ ...rule, wanted: rules[index]?.sources.length ?? 0 }))
    .sort((a, b) => compared(b.origin.createdAt, a.origin.createdAt));
  const losses = newestFirst.flatMap(({ id, sources, wanted }): Loss[] => {
    const lacking = wanted - sources.length;
    if (lacking === 0) return [];
    const what = sources.length === 0 ? 'is left out' : `lacks ${lacking} of its ${wanted} groups`;
    const effect = sources.length === 0 ? 'rejected' : 'narrowed';
    return [{ effect, id, code: noRoom.code, message: noRoom.message(`the rule ${what}`) }];
  });
  return { groups: groups.filter(({ id }) => kept.has(id)), rules: narrowed, losses };
}

/** When the first policy that uses a group was created, by group; empty where that is not known, which counts as old. */
function agesOf(rules: readonly Rule[]): ReadonlyMap<string, string> {
  const ages = new Map<string, string>();
  for (const { sources, origin } of rules)
    for (const id of sources) {
      const { createdAt = '' } = origin;
      const known = ages.get(id);
      if (known === undefined || createdAt < known) ages.set(id, createdAt);
    }
  return ages;
}

function compared(a = '', b = ''): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
