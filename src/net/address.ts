import { isIP } from 'node:net';

/** An IP address as a number: 32 bits for family 4, 128 bits for family 6. */
export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Bits in an address of each family. */
export const width = { 4: 32, 6: 128 } as const;

/** Of an address or network that is known to be one. */
export function familyOf(text: string): 4 | 6 {
  return text.includes(':') ? 6 : 4;
}

/** A name or address as it stands before `:port`, an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** The upper 96 bits of an IPv4-mapped address. */
export const mappedPrefix = 0xffffn;

/**
 * Reads an address strictly: four decimal octets without leading zeros, or an IPv6 address of RFC 4291 section 2.2.
 * Undefined for anything else, for zone ids, and for IPv4-mapped addresses (`::ffff:192.0.2.1`), which devices and
 * libraries read in two ways.
 */
export function parseAddress(text: string): Address | undefined {
  if (familyOf(text) === 4) {
    const value = parseOctets(text);
    return value === undefined ? undefined : { family: 4, value: BigInt(value) };
  }
  if (isIP(text) !== 6 || text.includes('%')) return undefined;
  const value = parseGroups(text);
  return value >> 32n === mappedPrefix ? undefined : { family: 6, value };
}

/** The canonical text: dotted decimal, or RFC 5952. Equal addresses have equal texts. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatOctets(Number(address.value)) : formatGroups(address.value);
}

/** The canonical text of an address text, or undefined where `parseAddress` refuses it. */
export function canonicalAddress(text: string): string | undefined {
  // Four octets have one text only.
  if (parseOctets(text) !== undefined) return text;
  const address = parseAddress(text);
  return address && formatAddress(address);
}

/** Undefined: it is not four octets. By hand, as a policy may have thousands, which are read in one go. */
function parseOctets(text: string): number | undefined {
  let value = 0;
  let dots = 0;
  /** Undefined: its first digit is to come. */
  let octet: number | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    // The dot is two places before the digit 0.
    if (digit === -2) {
      if (octet === undefined || dots === 3) return undefined;
      value = value * 256 + octet;
      dots += 1;
      octet = undefined;
    } else {
      if (digit < 0 || digit > 9 || octet === 0) return undefined;
      octet = (octet ?? 0) * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet !== undefined ? value * 256 + octet : undefined;
}

function parseGroups(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const left = groupsOf(head);
  const right = tail === undefined ? [] : groupsOf(tail);
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const value = parseOctets(group) ?? 0;
    return [Math.floor(value / 0x10000), value % 0x10000];
  });
}

function formatOctets(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function formatGroups(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const zeros = longestZeroRun(groups);
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (zeros.length < 2) return text(groups);
  return `${text(groups.slice(0, zeros.start))}::${text(groups.slice(zeros.start + zeros.length))}`;
}

/** RFC 5952 section 4.2.3: the longest run of zero groups is shortened, the first one of equals. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  });
  return best;
}
