import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number, with its family. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Both ends belong to it. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Strict: dotted quads without leading zeros, IPv6 without a zone; undefined for anything else. */
export function parseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return { family: 4, value: ipv4Value(text) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain =
    dotted === null
      ? text
      : `${dotted[1] ?? ''}${(ipv4Value(dotted[2] ?? '') >> 16n).toString(16)}:${(ipv4Value(dotted[2] ?? '') & 0xffffn).toString(16)}`;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const value = [...left, ...zeros, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
  return { family: 6, value };
}

export function ipv4Value(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

export function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join('.');
}

/** RFC 5952: lower case, no leading zeros, the longest run of zeros (of two or more, the first) as `::`. */
export function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - index * 16)) & 0xffffn));
  const run = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run.length < 2) return hex.join(':');
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  return best;
}

/** `10.0.0.0/8`, `2001:db8::/32`; host bits may be set and are masked away. */
export function parsePrefix(text: string): IpRange | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const ip = parseIp(address);
  if (ip === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = ip.family === 4 ? 32 : 128;
  return Number(length) > bits ? undefined : prefixRange(ip, Number(length));
}

function prefixRange(ip: Ip, length: number): IpRange {
  const hostBits = BigInt((ip.family === 4 ? 32 : 128) - length);
  const first = (ip.value >> hostBits) << hostBits;
  return { family: ip.family, first, last: first | ((1n << hostBits) - 1n) };
}

/** An entry of an address feed: an address, a prefix, or `first-last`. */
export function parseRange(text: string): IpRange | undefined {
  if (text.includes('/')) return parsePrefix(text);
  const [from = '', to = from, ...rest] = text.split('-');
  const first = parseIp(from);
  const last = parseIp(to);
  if (first === undefined || last?.family !== first.family || rest.length > 0 || last.value < first.value) {
    return undefined;
  }
  return { family: first.family, first: first.value, last: last.value };
}

/** Bits of a contiguous mask, `255.255.255.0` is 24; undefined for a mask with holes. */
export function maskLength(mask: bigint): number | undefined {
  const inverse = ~mask & 0xffff_ffffn;
  if ((inverse & (inverse + 1n)) !== 0n) return undefined;
  return 32 - (inverse === 0n ? 0 : inverse.toString(2).length);
}

export function maskText(length: number): string {
  return ipv4Text(length === 0 ? 0n : (0xffff_ffffn << BigInt(32 - length)) & 0xffff_ffffn);
}

export function within(ip: Ip, range: IpRange): boolean {
  return ip.family === range.family && ip.value >= range.first && ip.value <= range.last;
}
