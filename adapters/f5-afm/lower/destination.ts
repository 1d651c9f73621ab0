import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { Destination, Rule } from '../../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/net/name.ts';
import { nativeMember } from '../objects/members.ts';
import { contentName, description, tables } from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import { addressListSpec } from '../objects/specs.ts';
import { routeDomainOf, type Context } from './context.ts';
import { withoutNames } from '../../../kit/common/rules/unknown-names.ts';

export interface LoweredDestination {
  /** `any`: the rule names no destination. `nowhere`: nothing of it can be expressed. */
  readonly to: 'any' | 'nowhere' | Resource;
  readonly losses: readonly Loss[];
}

/** Networks and names become one address list, shared by all rules with the same destination. */
export function lowerDestination(rule: Rule, context: Context): LoweredDestination {
  const { domainNames } = context.capabilities;
  const unknown = rule.destination.names.filter((name) => domainNames === 'none' || isWildcard(name));
  const { destination, losses } = withoutNames(
    rule,
    unknown,
    domainNames === 'none'
      ? { code: 'names-need-device-resolver', why: noResolver }
      : { code: 'wildcard-unknown-to-device', why: `AFM knows no wildcard names, and ${unknown.join(', ')} is one` },
  );
  if (destination === undefined) return { to: 'nowhere', losses };
  return { to: destination.any ? 'any' : destinationList(destination, context), losses };
}

const noResolver =
  'The BIG-IP knows no names: its global FQDN policy has no DNS resolver, or not the one in config.dnsResolver';

function destinationList({ names, networks }: Destination, context: Context): Resource {
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
