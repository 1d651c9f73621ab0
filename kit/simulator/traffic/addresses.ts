import { isIPv6 } from 'node:net';
import { formatAddress, parseAddress, width, type Address } from '../../../src/net/address.ts';

/** Addresses that follow each other; both ends belong to it. */
export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Strict, and with the IPv4-mapped addresses, which are addresses like others to a device; undefined for anything else. */
export function parseIp(text: string): Address | undefined {
  const address = parseAddress(text);
  if (address !== undefined || !isIPv6(text) || text.includes('%')) return address;
  const low = parseAddress(text.replace(/ffff/i, '0'));
  return low === undefined ? undefined : { family: 6, value: low.value | 0xffff_0000_0000n };
}

/** `10.0.0.0/8`, `2001:db8::/32`; host bits may be set and are masked away. */
export function parsePrefix(text: string): Range | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  return Number(length) > width[ip.family] ? undefined : network(ip, Number(length));
}

export function network({ family, value }: Address, length: number): Range {
  const hostBits = BigInt(width[family] - length);
  const first = (value >> hostBits) << hostBits;
  return { family, first, last: first | ((1n << hostBits) - 1n) };
}

/** An address, a prefix, or `first-last`. */
export function parseRange(text: string): Range | undefined {
  if (text.includes('/')) return parsePrefix(text);
  const [from = '', to = from, ...rest] = text.split('-');
  const first = parseIp(from);
  const last = parseIp(to);
  if (first === undefined || last?.family !== first.family || rest.length > 0 || last.value < first.value) {
    return undefined;
  }
  return { family: first.family, first: first.value, last: last.value };
}

/** One spelling for each range: an address, `first/length` where it was written as a prefix, or `first-last`. */
export function rangeText({ family, first, last }: Range, as: 'prefix' | 'ends'): string {
  const low = formatAddress({ family, value: first });
  if (as === 'ends') return `${low}-${formatAddress({ family, value: last })}`;
  const length = width[family] - (first === last ? 0 : (last - first).toString(2).length);
  return first === last ? low : `${low}/${length}`;
}

export function within(ip: Address, range: Range): boolean {
  return ip.family === range.family && ip.value >= range.first && ip.value <= range.last;
}
