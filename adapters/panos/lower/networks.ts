import { parseCidr, formatCidr } from '../../../src/net/cidr.ts';

/** NAT64 (64:ff9b::/96) and all that is in use is outside of ::/16. */
const unused = 16;

/**
 * An address object for a network. PAN-OS takes IPv4 addresses for a part of ::/96 ("Policy", administrator's guide), so
 * that `::/0` would match them, too: of an IPv6 network around ::/96 there is all but ::/16, and of one inside of ::/96 there is nothing.
 */
export function addressNetworks(network: string): readonly string[] {
  const cidr = parseCidr(network);
  if (cidr?.family !== 6) return [network];
  const lowest = cidr.value >> 32n;
  if (lowest !== 0n) return [network];
  return Array.from({ length: Math.max(0, unused - cidr.prefix) }, (_, at) => {
    const prefix = cidr.prefix + at + 1;
    return formatCidr({ family: 6, prefix, value: 1n << BigInt(128 - prefix) });
  });
}

/** Is nothing left of a network that way? */
export function isEmbedded(network: string): boolean {
  return addressNetworks(network).length === 0;
}
