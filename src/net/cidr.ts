import { familyOf, formatAddress, parseAddress, width } from './address.ts';
import type { Address } from './address.ts';

/** A network: the address has no bit set beyond the prefix. */
export interface Cidr extends Address {
  readonly prefix: number;
}

/** The two networks that together are every address. */
export const everywhere: readonly [string, string] = ['0.0.0.0/0', '::/0'];

/** Reads `address/prefix` strictly; undefined where `faultOfCidr` has something to say. */
export function parseCidr(text: string): Cidr | undefined {
  const cidr = parseLoosely(text);
  return cidr && hostBits(cidr) === 0n ? cidr : undefined;
}

/** What is wrong with a CIDR, for the person who wrote it; undefined when nothing is. */
export function faultOfCidr(text: string): string | undefined {
  const cidr = parseLoosely(text);
  if (cidr) {
    if (hostBits(cidr) === 0n) return undefined;
    const meant = formatCidr({ ...cidr, value: cidr.value - hostBits(cidr) });
    const host = `${formatAddress(cidr)}/${width[cidr.family]}`;
    return `${text} has bits set beyond its prefix; write ${meant} for the network or ${host} for the one address`;
  }
  const address = parseAddress(text);
  if (address) return `${text} has no prefix; write ${text}/${width[address.family]} for the one address`;
  return `${text} is not a CIDR such as 203.0.113.0/24 or 2001:db8::/32`;
}

/** `203.0.113.0/24`, `2001:db8::/32`: equal networks have equal texts. */
export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr)}/${cidr.prefix}`;
}

/** The canonical text, or undefined where `parseCidr` refuses it. */
export function canonicalCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr && formatCidr(cidr);
}

/** Bits of the prefix of a network that is known to be one. */
export function prefixOf(network: string): number {
  return Number(network.slice(network.indexOf('/') + 1));
}

/** A network as it is; an address as the network of that one address. */
export function asNetwork(text: string): string {
  return text.includes('/') ? text : `${text}/${width[familyOf(text)]}`;
}

/** Is every address of `inner` (a network or one address) in `outer`? */
export function containsCidr(outer: Cidr, inner: Cidr | Address): boolean {
  const prefix = 'prefix' in inner ? inner.prefix : width[inner.family];
  if (outer.family !== inner.family || outer.prefix > prefix) return false;
  const shift = BigInt(width[outer.family] - outer.prefix);
  return outer.value >> shift === inner.value >> shift;
}

/** The network with a shorter prefix that contains this one. */
export function supernet(cidr: Cidr, prefix: number): Cidr {
  const shift = BigInt(width[cidr.family] - prefix);
  return { family: cidr.family, value: (cidr.value >> shift) << shift, prefix };
}

/** Two networks either nest or have nothing in common. */
export function cidrsIntersect(a: Cidr, b: Cidr): boolean {
  return containsCidr(a, b) || containsCidr(b, a);
}

/** As `parseCidr`, for texts that were checked before; throws a RangeError on others. */
export function strictCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new RangeError(faultOfCidr(text));
  return cidr;
}

function parseLoosely(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (!address || !/^(0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const prefix = Number(digits);
  const { family, value } = address;
  return prefix > width[family] ? undefined : { family, value, prefix };
}

function hostBits(cidr: Cidr): bigint {
  // Most networks are of family 4, and numbers are many times faster.
  if (cidr.family === 4 && Number(cidr.value) % 2 ** (32 - cidr.prefix) === 0) return 0n;
  return BigInt.asUintN(width[cidr.family] - cidr.prefix, cidr.value);
}
