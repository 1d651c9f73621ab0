import type { AddressGroup, DesiredState, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { tables } from '../names.ts';
import { carrierOf, type Context } from './carrier.ts';

export interface Carried {
  readonly groups: readonly AddressGroup[];
  readonly rules: readonly Rule[];
  readonly losses: readonly Loss[];
}

/**
 * What there is room for where every group takes a feed: denying groups first, then accepting ones, each in the order
 * of their ids. So the same groups stay in from one sync to the next, whatever was written first; and as long as a
 * denying group is left out, nothing is accepted that it might have stopped.
 */
export function withinCapacity({ groups, rules }: DesiredState, { capabilities, config }: Context): Carried {
  const limit = capabilities.maxObjects[tables.feed] ?? Infinity;
  if (carrierOf(capabilities, config) !== 'pushFeed' || groups.length <= limit) return { groups, rules, losses: [] };
  const ofRole = (role: AddressGroup['role']): readonly AddressGroup[] => groups.filter((group) => group.role === role);
  const kept = new Set([...ofRole('Deny'), ...ofRole('Accept')].slice(0, limit).map(({ id }) => id));
  const narrowed = rules.map((rule) => ({ ...rule, sources: rule.sources.filter((id) => kept.has(id)) }));
  return {
    groups: groups.filter(({ id }) => kept.has(id)),
    rules: narrowed,
    losses: rules.flatMap((rule, index) => {
      const left = narrowed[index]?.sources.length ?? 0;
      return left === rule.sources.length ? [] : [noRoom(rule, left, { groups: groups.length, limit })];
    }),
  };
}

function noRoom(
  { id, sources }: Rule,
  left: number,
  { groups, limit }: { readonly groups: number; readonly limit: number },
): Loss {
  const what = left === 0 ? 'is left out' : `lacks ${sources.length - left} of its ${sources.length} groups`;
  const message = `This device holds ${limit} feeds, one for each group, and ${groups} groups are needed: the rule ${what}. Set carrier: objects in this point's config.`;
  return { effect: left === 0 ? 'rejected' : 'narrowed', id, code: 'too-many-groups-for-feeds', message };
}
