import { parseIp, parseRange, within, type Ip, type Range } from './addresses.ts';
import { textAt, textsAt } from './schema.ts';
import type { Entry, Store } from './store.ts';
import { virtualPath } from './tables/network.ts';
import { protocols } from './tables/policies.ts';
import type { Packet } from './packet.ts';

/** The virtual server that takes a packet: the narrowest destination, then a port of its own, then the narrowest source. */
export function virtualFor(store: Store, packet: Packet): Entry | undefined {
  let best: { readonly entry: Entry; readonly rank: readonly bigint[] } | undefined;
  for (const entry of store.all(virtualPath).values()) {
    const rank = rankOf(entry, packet);
    if (rank !== undefined && (best === undefined || isNarrower(rank, best.rank))) best = { entry, rank };
  }
  return best?.entry;
}

function isNarrower(one: readonly bigint[], other: readonly bigint[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && (one[index] ?? 0n) < (other[index] ?? 0n);
}

/** Smaller is narrower; undefined: does not take it. */
function rankOf({ fields }: Entry, { source, destination, protocol }: Packet): readonly bigint[] | undefined {
  if (fields['disabled'] === true || fields['enabled'] === false) return undefined;
  const vlans = textsAt(fields, 'vlans');
  const listed = vlans.includes(source.vlan ?? '');
  if (fields['vlansEnabled'] === true ? !listed : listed) return undefined;
  const wanted = textAt(fields, 'ipProtocol');
  if (wanted !== 'any' && (protocols[wanted] ?? Number(wanted)) !== protocol) return undefined;
  const target = targetOf(textAt(fields, 'destination'), textAt(fields, 'mask'));
  const from = parseRange(textAt(fields, 'source'));
  if (target === undefined || !holds(target.range, destination.ip, destination.routeDomain)) return undefined;
  if (target.port !== 0 && target.port !== destination.port) return undefined;
  // The source says 0.0.0.0/0 also where nobody thought of it: it is looked at in its own family only.
  if (from !== undefined && from.family === source.ip.family && !holds(from, source.ip, source.routeDomain)) {
    return undefined;
  }
  const width = from === undefined ? 0n : from.last - from.first;
  return [target.range.last - target.range.first, target.port === 0 ? 1n : 0n, width];
}

function holds(range: Range, ip: Ip, routeDomain: number): boolean {
  return (range.routeDomain ?? 0) === routeDomain && within(ip, range);
}

/** `/Common/10.0.0.0%1:443` with its mask; port 0 is any. */
export function targetOf(
  destination: string,
  mask: string,
): { readonly range: Range; readonly port: number } | undefined {
  const text = destination.slice(destination.lastIndexOf('/') + 1);
  const match = /^(.*)[.:](\d+|any)$/.exec(text);
  const port = match?.[2] === 'any' ? 0 : Number(match?.[2]);
  const [address = '', domain] = (match?.[1] ?? '').split('%');
  const wild = { any: '0.0.0.0', any6: '::' }[address];
  const host = parseIp(wild ?? address);
  if (match === null || host === undefined) return undefined;
  const all = wild !== undefined || host.value === 0n || mask === 'any' || mask === 'any6';
  const length = all ? 0 : lengthOf(mask, host.family);
  const suffix = domain === undefined ? '' : `%${domain}`;
  const range = parseRange(`${wild ?? address}${suffix}/${length}`);
  return range === undefined ? undefined : { range, port };
}

/** Bits of a mask; without one, a host. */
function lengthOf(mask: string, family: 4 | 6): number {
  const value = parseIp(mask)?.value;
  if (value === undefined) return family === 4 ? 32 : 128;
  return value.toString(2).replace(/0+$/, '').length;
}
