import { formatAddress, width } from '../../../src/net/address.ts';
import { parseCidr } from '../../../src/net/cidr.ts';

/** A group member in its one form: a network of one address is that address. */
export function canonicalMember(text: string): string {
  const cidr = parseCidr(text);
  if (cidr === undefined) return text;
  return cidr.prefix === width[cidr.family] ? formatAddress(cidr) : text;
}

/** Members in their one form, each once, sorted. */
export function canonicalMembers(members: readonly string[]): readonly string[] {
  return [...new Set(members.map(canonicalMember))].sort();
}
