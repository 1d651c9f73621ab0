import type { DestinationRef } from '../../api/fields/destination.ts';
import type { EgressDelegation, EgressPolicy } from '../../api/kinds.ts';
import { parseCidr } from '../../net/cidr.ts';
import { portsCover } from '../destinations/ports.ts';

/** Where a policy goes beyond a delegation. */
export interface Excess {
  readonly delegation: EgressDelegation;
  /** Index in `spec.to`; undefined: every entry. */
  readonly entry: number | undefined;
  readonly field: string;
  /** What is not delegated, as part of a sentence. */
  readonly what: string;
}

type Content = Pick<EgressPolicy, 'spec'>;
type Limits = EgressDelegation['spec'];

/** Where a policy goes beyond these delegations, all of which have to hold. */
export function excessOf({ spec }: Content, delegations: readonly EgressDelegation[]): readonly Excess[] {
  return delegations.flatMap((delegation): readonly Excess[] => {
    const limits = delegation.spec;
    const whole = wholeExcess(spec, limits);
    if (whole) return [{ delegation, entry: undefined, ...whole }];
    return spec.to.flatMap((to, entry) => {
      // A Deny that may be at all takes nothing more than its author has.
      const what = spec.action === 'Deny' ? undefined : entryExcess(to, limits);
      return what === undefined ? [] : [{ delegation, entry, field: `spec.to[${entry}]`, what }];
    });
  });
}

function wholeExcess(
  { action, to, governance }: EgressPolicy['spec'],
  { destinations, denyRules, maxDestinations = Infinity, overdueReviews }: Limits,
): Pick<Excess, 'field' | 'what'> | undefined {
  if (destinations === 'None') return { field: 'spec.to', what: 'no destination is left to this namespace' };
  if (action === 'Deny' && denyRules !== 'Allowed') return { field: 'spec.action', what: 'Deny is not' };
  if (overdueReviews === 'Withdraw' && governance?.reviewBy === undefined)
    return { field: 'spec.governance.reviewBy', what: 'a policy without a date of review is not' };
  const count = to.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (count <= maxDestinations) return undefined;
  return { field: 'spec.to', what: `${count} destinations are more than the ${maxDestinations} that are` };
}

function sizeOf({ externalService, domainNames = [], networks = [] }: DestinationRef): number {
  return (externalService === undefined ? 0 : 1) + domainNames.length + networks.length;
}

function entryExcess(to: DestinationRef, limits: Limits): string | undefined {
  if (to.externalService === undefined && limits.destinations !== 'Any')
    return 'a destination outside the catalogue is not';
  const wide = to.networks?.find((network) => isWider(network, limits.widestNetwork));
  if (wide !== undefined) return `${wide}, which is wider than ${widthOf(wide, limits.widestNetwork)}, is not`;
  const ownPorts = to.ports ?? (to.externalService === undefined ? [] : undefined);
  const permitted = limits.allPorts === true ? [] : limits.ports;
  if (ownPorts === undefined) return undefined;
  if (permitted !== undefined && portsCover(permitted, ownPorts)) return undefined;
  return `${ownPorts.length === 0 ? 'every port' : 'one of its ports'} is not`;
}

type Width = Limits['widestNetwork'];

/** A network that cannot be read is as wide as can be. */
function isWider(network: string, width: Width): boolean {
  const cidr = parseCidr(network);
  return cidr === undefined || width === undefined || cidr.prefix < widthFor(network, width);
}

function widthFor(network: string, { ipv4, ipv6 }: NonNullable<Width>): number {
  return network.includes(':') ? ipv6 : ipv4;
}

function widthOf(network: string, width: Width): string {
  return width === undefined ? 'nothing' : `/${widthFor(network, width)}`;
}
