import type { Owner } from '../../../src/adapter/owner.ts';
import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/net/name.ts';
import { comment, contentName, tables, type AddressTable } from '../objects/names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Context } from './context.ts';
import { addressResource } from './groups.ts';
import { familyOf } from '../../../src/net/address.ts';

/** Where a policy leads, by family. An empty side is no side: the policy then names no source there either. */
export interface LoweredDestination {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  readonly objects: readonly Resource[];
  readonly losses: readonly Loss[];
}

/**
 * Networks become address objects and names become FQDN addresses, which the device resolves itself. A wildcard is
 * known to FortiOS for IPv4 only: an accepting rule then has no IPv6 side for it, a denying rule denies all IPv6.
 */
export function lowerDestination(rule: Rule, context: Context): LoweredDestination {
  const { any, names, networks } = rule.destination;
  if (any) return { v4: ['all'], v6: ['all'], objects: [], losses: [] };
  const wildcards = names.filter(isWildcard);
  const v4 = [
    ...networks.filter((network) => familyOf(network) === 4).map((network) => networkAddress(network, context)),
    ...names.map((name) => nameAddress(tables.address, name, context)),
  ];
  const v6 = [
    ...networks.filter((network) => familyOf(network) === 6).map((network) => networkAddress(network, context)),
    ...names.filter((name) => !isWildcard(name)).map((name) => nameAddress(tables.address6, name, context)),
  ];
  const everythingInstead = rule.action === 'Deny' && wildcards.length > 0;
  return {
    v4: v4.map(({ name }) => name).sort(),
    v6: everythingInstead ? ['all'] : v6.map(({ name }) => name).sort(),
    objects: everythingInstead ? v4 : [...v4, ...v6],
    losses: wildcards.length > 0 ? wildcardLosses(rule, wildcards) : [],
  };
}

function networkAddress(network: string, { owner }: Context): Resource {
  return addressResource(destinationName(owner, network), network, destinationComment(owner, network));
}

function nameAddress(kind: AddressTable, name: string, { owner }: Context): Resource {
  const spec = { type: 'fqdn', fqdn: name, comment: destinationComment(owner, name) };
  return plainResource(kind, destinationName(owner, name), spec);
}

function destinationName(owner: Owner, text: string): string {
  return contentName(owner, `to-${text}`, `destination ${text}`);
}

function destinationComment(owner: Owner, text: string): string {
  return comment(owner, `destination/${text}`);
}

function wildcardLosses({ id, action }: Rule, wildcards: readonly string[]): Loss[] {
  const list = wildcards.join(', ');
  const six =
    action === 'Accept'
      ? `FortiOS knows ${list} for IPv4 only, so IPv6 flows there are not accepted.`
      : `FortiOS knows ${list} for IPv4 only, so this rule denies every IPv6 destination on its ports.`;
  const learned = `The FortiGate learns the addresses behind ${list} from DNS answers that pass through it; let the cluster's DNS queries cross it.`;
  return [
    { effect: 'narrowed', id, code: 'wildcard-ipv4-only', message: six },
    { effect: 'approximate', id, code: 'wildcard-needs-device-dns', message: learned },
  ];
}
