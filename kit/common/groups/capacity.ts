import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';

export interface Carried {
  readonly groups: readonly AddressGroup[];
  readonly rules: readonly Rule[];
  readonly losses: readonly Loss[];
}

/**
 * What there is room for on a device that holds so many groups: denying groups first, then accepting ones, each in the
 * order of their ids. So the same groups stay in from one sync to the next, whatever was written first; and as long as a
 * denying group is left out, nothing is accepted that it might have stopped.
 *
 * @param noRoom code of the loss, and its words: why, and what to do, around `the rule is left out`
 */
export function withinCapacity(
  { groups, rules }: Pick<DesiredState, 'groups' | 'rules'>,
  limit: number,
  noRoom: { readonly code: string; readonly message: (what: string) => string },
): Carried {
  if (groups.length <= limit) return { groups, rules, losses: [] };
  const ofRole = (role: AddressGroup['role']): readonly AddressGroup[] => groups.filter((group) => group.role === role);
  const kept = new Set([...ofRole('Deny'), ...ofRole('Accept')].slice(0, limit).map(({ id }) => id));
  const narrowed = rules.map((rule) => ({ ...rule, sources: rule.sources.filter((id) => kept.has(id)) }));
  const losses = narrowed.flatMap(({ id, sources }, index): Loss[] => {
    const wanted = rules[index]?.sources.length ?? 0;
    const lacking = wanted - sources.length;
    if (lacking === 0) return [];
    const what = sources.length === 0 ? 'is left out' : `lacks ${lacking} of its ${wanted} groups`;
    const effect = sources.length === 0 ? 'rejected' : 'narrowed';
    return [{ effect, id, code: noRoom.code, message: noRoom.message(`the rule ${what}`) }];
  });
  return { groups: groups.filter(({ id }) => kept.has(id)), rules: narrowed, losses };
}
