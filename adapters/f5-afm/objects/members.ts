import { canonicalMember } from '../../../kit/common/groups/members.ts';
import { canonicalAddress } from '../../../src/net/address.ts';
import { canonicalCidr } from '../../../src/net/cidr.ts';

/*
 * Addresses as the model has them, `10.0.0.1` and `10.9.0.0/24`, and as AFM has them in a route domain: `10.0.0.1%10`
 * and `10.9.0.0%10/24`. Route domain 0 has no suffix.
 */

/**
 * What stands in every list that carries a group, so that none is ever without members: AFM takes an emptied source for
 * all sources. No packet has this address; AS3 puts the same one into lists that would be empty.
 */
export const placeholderAddress = '::1:5ee:bad:c0de';

export function nativeMember(member: string, routeDomain: number): string {
  if (routeDomain === 0) return member;
  const [address = '', prefix] = member.split('/');
  return `${address}%${routeDomain}${prefix === undefined ? '' : `/${prefix}`}`;
}

/**
 * The member behind a name in an address list; undefined for what we never write: a range, another route domain, a
 * network with bits beyond its prefix.
 */
export function memberOf(native: string, routeDomain: number): string | undefined {
  const match = /^([0-9a-fA-F.:]+)(?:%(\d+))?(\/\d+)?$/.exec(native);
  if (match === null || Number(match[2] ?? 0) !== routeDomain) return undefined;
  const [, address = '', , prefix] = match;
  if (prefix === undefined) return canonicalAddress(address);
  const text = canonicalCidr(`${canonicalAddress(address) ?? ''}${prefix}`);
  return text === undefined ? undefined : canonicalMember(text);
}
