import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/core/net/name.ts';
import { nativeMember } from '../objects/members.ts';
import { contentName, description, tables } from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { addressListSpec } from '../objects/specs.ts';
import { routeDomainOf, type Context } from './context.ts';

export interface LoweredDestination {
  /** `any`: the rule names no destination. `nowhere`: nothing of it can be expressed. */
  readonly to: 'any' | 'nowhere' | Resource;
  readonly losses: readonly Loss[];
}

/**
 * Networks and names become one address list, shared by all rules with the same destination. Of a name that the device
 * cannot know an accepting rule does without; a denying rule denies every destination on its ports instead.
 */
export function lowerDestination(rule: Rule, context: Context): LoweredDestination {
  const { any, names, networks } = rule.destination;
  if (any) return { to: 'any', losses: [] };
  const unknown = names.filter((name) => !knows(context, name));
  const losses = unknown.length === 0 ? [] : [nameLoss(rule, unknown, context)];
  if (rule.action === 'Deny' && unknown.length > 0) return { to: 'any', losses };
  const known = names.filter((name) => !unknown.includes(name));
  if (known.length + networks.length === 0) return { to: 'nowhere', losses };
  return { to: destinationList(known, networks, context), losses };
}

function knows({ capabilities }: Context, name: string): boolean {
  return capabilities.domainNames !== 'none' && !isWildcard(name);
}

function destinationList(names: readonly string[], networks: readonly string[], context: Context): Resource {
  const { owner } = context;
  const routeDomain = routeDomainOf(context);
  const addresses = networks.map((network) => nativeMember(canonicalMember(network), routeDomain));
  const all = [...names, ...addresses].sort();
  const more = all.length > 1 ? `-and-${all.length - 1}` : '';
  const name = contentName(owner, `to-${all[0] ?? ''}${more}`, `destination ${all.join(' ')}`);
  const rows = (texts: readonly string[]): { readonly name: string }[] => texts.map((text) => ({ name: text }));
  const spec = { description: description(owner, 'destination'), addresses: rows(addresses), fqdns: rows(names) };
  return plainResource(tables.addressList, name, addressListSpec(spec));
}

function nameLoss({ id, action, destination }: Rule, unknown: readonly string[], { capabilities }: Context): Loss {
  const list = unknown.join(', ');
  const wildcards = capabilities.domainNames !== 'none';
  const why = wildcards
    ? `AFM knows no wildcard names, and ${list} is one`
    : 'The BIG-IP knows no names: its global FQDN policy has no DNS resolver, or not the one in config.dnsResolver';
  const left = destination.names.length + destination.networks.length - unknown.length;
  const instead =
    action === 'Deny'
      ? `this rule denies every destination on its ports instead of ${list}`
      : left === 0
        ? 'the rule is left out'
        : `${list} is not accepted, the rest of the rule is`;
  return {
    effect: action === 'Accept' && left === 0 ? 'rejected' : 'narrowed',
    id,
    code: wildcards ? 'wildcard-unknown-to-device' : 'names-need-device-resolver',
    message: `${why}; ${instead}.`,
  };
}
