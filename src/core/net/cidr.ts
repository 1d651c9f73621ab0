import { excludeCidr, mergeCidr } from 'cidr-tools';
import { formatAddress, parseAddress, width } from './address.ts';
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

/**
 * The fewest networks that hold the same addresses: canonical, disjoint, sorted as text. Takes texts that
 * `parseCidr` accepts; throws a RangeError on others, because a library that guesses must never see them.
 */
export function aggregate(networks: readonly string[]): readonly string[] {
  const canonical = networks.map(strict);
  return canonical.length < 2 ? canonical : sorted(mergeCidr(canonical));
}

/** Is every address of `inner` in `outer`? Both are lists as `aggregate` gives them. */
export function networksCover(outer: readonly string[], inner: readonly string[]): boolean {
  if (inner.length === 0) return true;
  const texts = new Set(outer);
  const missing = inner.filter((network) => !texts.has(network)).map(parsed);
  if (missing.length === 0) return true;
  const outers = outer.map(parsed);
  return missing.every((network) => outers.some((candidate) => containsCidr(candidate, network)));
}

/** The addresses in both of two aggregated lists, aggregated. */
export function intersectNetworks(a: readonly string[], b: readonly string[]): readonly string[] {
  const others = b.map(parsed);
  const common = a.map(parsed).flatMap((left) =>
    others.flatMap((right) => {
      if (containsCidr(left, right)) return [formatCidr(right)];
      return containsCidr(right, left) ? [formatCidr(left)] : [];
    }),
  );
  return aggregate(common);
}

/** The addresses of `from` that are not in `taken`, aggregated. */
export function subtractNetworks(from: readonly string[], taken: readonly string[]): readonly string[] {
  return sorted(excludeCidr(from.map(strict), taken.map(strict)));
}

function parseLoosely(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const address = parseAddress(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (!address || !/^(0|[1-9]\d{0,2})$/.test(digits)) return undefined;
  const prefix = Number(digits);
  return prefix > width[address.family] ? undefined : { ...address, prefix };
}

function hostBits(cidr: Cidr): bigint {
  // Most networks are of family 4, and numbers are many times faster.
  if (cidr.family === 4 && Number(cidr.value) % 2 ** (32 - cidr.prefix) === 0) return 0n;
  return BigInt.asUintN(width[cidr.family] - cidr.prefix, cidr.value);
}

function parsed(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw new RangeError(faultOfCidr(text));
  return cidr;
}

function strict(text: string): string {
  return formatCidr(parsed(text));
}

/** Brings the library's texts back into our canonical form. */
function sorted(networks: readonly string[]): readonly string[] {
  return networks.map(strict).sort();
}
