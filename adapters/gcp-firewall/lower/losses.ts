import { isOf, memberOfOtherFamily } from '../../../kit/common/groups/parts.ts';
import { withoutNames, type KnownDestination } from '../../../kit/common/rules/unknown-names.ts';
import type { AddressGroup, Rule } from '../../../src/core/model/desired.ts';
import type { Loss } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/net/name.ts';
import type { Context } from './destinations.ts';

/* What of a rule Cloud NGFW cannot say, and what is there instead. */

/** A destination without the names that it does not know: it asks the name server of the network, which knows no patterns. */
export function known(rule: Rule): KnownDestination {
  const wildcards = rule.destination.any ? [] : rule.destination.names.filter(isWildcard);
  const known = withoutNames(rule, wildcards, {
    code: 'wildcard-unsupported',
    why: 'Cloud NGFW looks names up and knows no wildcards',
    advice: 'Name the hosts, or let a mesh or a proxy decide about the name.',
  });
  const names = known.destination?.names ?? [];
  if (rule.action !== 'Deny' || known.destination?.any === true || names.length === 0) return known;
  const message = `${names.join(', ')} is denied at the addresses that the network's name server gives: a client that has another address for it meets the rules below.`;
  const loss: Loss = { effect: 'approximate', id: rule.id, code: 'deny-name-by-address', message };
  return { ...known, losses: [...known.losses, loss] };
}

export function familyLosses(
  { id, sources, destination, action }: Rule,
  groups: ReadonlyMap<string, AddressGroup>,
  { config: { addressFamilies } }: Pick<Context, 'config'>,
): readonly Loss[] {
  const own = sources.flatMap((source) => groups.get(source) ?? []);
  const left =
    memberOfOtherFamily(own, addressFamilies) ??
    destination.networks.find((one) => !addressFamilies.some((family) => isOf(family, one)));
  if (left === undefined) return [];
  const message = `It is about addresses such as ${left}, of a family that is not in this point's config.addressFamilies: the rule does not hold for them. Add the family there, if the network has it.`;
  return [{ effect: action === 'Deny' ? 'approximate' : 'narrowed', id, code: 'family-not-configured', message }];
}
