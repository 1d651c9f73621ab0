import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number, with its family. */
export interface Ip {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** What an entry of an address list covers; both ends belong to it. */
export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** `%1`; undefined: the default route domain of the partition. */
  readonly routeDomain: number | undefined;
}

export function parseIp(text: string): Ip | undefined {
  if (isIPv4(text)) return { family: 4, value: quads(text) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const plain = text.replace(/(\d+\.\d+\.\d+\.\d+)$/, (dotted) => {
    const value = quads(dotted);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
  const [head = '', tail = ''] = plain.split('::');
  const left = head.split(':').filter((part) => part !== '');
  const right = tail.split(':').filter((part) => part !== '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const value = [...left, ...zeros, ...right].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
  return { family: 6, value };
}

function quads(text: string): bigint {
  return text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

export function ipText({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - index * 16)) & 0xffffn);
  const hex = groups.map((group) => group.toString(16)).join(':');
  // RFC 5952: the longest run of zeros, of two or more, the first of equals.
  const runs = [...hex.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best !== undefined && best[0].length >= run[0].length ? best : run),
    undefined,
  );
  if (longest === undefined) return hex;
  const before = hex.slice(0, longest.index).replace(/:$/, '');
  const after = hex.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

interface Suffixed {
  readonly ip: Ip;
  readonly routeDomain: number | undefined;
  readonly length: number | undefined;
}

/** `10.0.0.1`, `10.0.0.1%1`, `10.0.0.0%1/8`. */
function suffixed(text: string): Suffixed | undefined {
  const match = /^([^%/]+)(?:%(\d{1,5}))?(?:\/(\d{1,3}))?$/.exec(text);
  const ip = parseIp(match?.[1] ?? '');
  if (match === null || ip === undefined) return undefined;
  const routeDomain = match[2] === undefined ? undefined : Number(match[2]);
  const length = match[3] === undefined ? undefined : Number(match[3]);
  if ((routeDomain ?? 0) > 65_534 || (length ?? 0) > bitsOf(ip)) return undefined;
  return { ip, routeDomain, length };
}

function bitsOf(ip: Ip): number {
  return ip.family === 4 ? 32 : 128;
}

/** An address, a network or `first-last`; undefined for anything else. Host bits below a mask are cut off. */
export function parseRange(text: string): Range | undefined {
  const [from = '', to, ...rest] = text.split('-').map((part) => part.trim());
  const first = suffixed(from);
  if (first === undefined || rest.length > 0) return undefined;
  const { family, value } = first.ip;
  if (to === undefined) {
    const host = BigInt(bitsOf(first.ip) - (first.length ?? bitsOf(first.ip)));
    const low = (value >> host) << host;
    return { family, first: low, last: low | ((1n << host) - 1n), routeDomain: first.routeDomain };
  }
  const last = suffixed(to);
  if (last?.ip.family !== family || first.length !== undefined || last.length !== undefined) return undefined;
  if (last.ip.value < value || last.routeDomain !== first.routeDomain) return undefined;
  return { family, first: value, last: last.ip.value, routeDomain: first.routeDomain };
}

/** The one spelling in which the device answers it: IPv6 in short form, no /32 or /128. */
export function rangeText(text: string): string | undefined {
  const range = parseRange(text);
  if (range === undefined) return undefined;
  const { family, first, last } = range;
  const suffix = range.routeDomain === undefined ? '' : `%${range.routeDomain}`;
  const low = `${ipText({ family, value: first })}${suffix}`;
  if (text.includes('-')) return `${low}-${ipText({ family, value: last })}${suffix}`;
  if (first === last) return low;
  const hostBits = (last - first).toString(2).length;
  return `${low}/${(family === 4 ? 32 : 128) - hostBits}`;
}

export function within(ip: Ip, range: Range): boolean {
  return ip.family === range.family && ip.value >= range.first && ip.value <= range.last;
}
