import type { Rule } from '../../../src/core/model/desired.ts';
import type { Loss, Resource } from '../../../src/core/model/resource.ts';
import { isWildcard } from '../../../src/core/net/name.ts';
import { comment, contentName, tables, type AddressTable } from '../names.ts';
import { familyOf, plainResource } from '../native.ts';
import type { Context } from './carrier.ts';

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

function networkAddress(network: string, context: Context): Resource {
  const value = familyOf(network) === 4 ? { type: 'ipmask', subnet: network } : { type: 'ipprefix', ip6: network };
  return destinationAddress(familyOf(network) === 4 ? tables.address : tables.address6, network, value, context);
}

function nameAddress(kind: AddressTable, name: string, context: Context): Resource {
  return destinationAddress(kind, name, { type: 'fqdn', fqdn: name }, context);
}

function destinationAddress(
  kind: AddressTable,
  text: string,
  value: Readonly<Record<string, string>>,
  { owner }: Context,
): Resource {
  const name = contentName(owner, `to-${text}`, `destination ${text}`);
  return plainResource(kind, name, { ...value, comment: comment(owner, `destination/${text}`, '', 255) });
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
