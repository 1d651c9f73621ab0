import { textAt, textsAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { parseIp, within } from '../../../../kit/simulator/traffic/addresses.ts';
import type { Packet } from '../../../../kit/simulator/traffic/packet.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Address } from '../../../../src/net/address.ts';
import { parseRange, type Range } from '../tables/addresses.ts';
import { virtualPath } from '../tables/network.ts';
import { protocols } from '../tables/policies.ts';
import type { Entry } from '../tables/schema.ts';

/** A packet, and where it comes in. */
export interface RoutedPacket extends Packet {
  readonly routeDomain: number;
  readonly vlan: string;
}

/** The virtual server that takes a packet: narrowest destination, narrowest source, own port (K14800), own protocol (a guess). */
export function virtualFor(
  store: Tables<Entry>,
  packet: RoutedPacket,
  listener: (row: JsonObject) => Listener,
): Entry | undefined {
  let best: { readonly entry: Entry; readonly rank: readonly bigint[] } | undefined;
  for (const entry of store.rows(virtualPath).values()) {
    const rank = rankOf(listener(entry.fields), packet);
    if (rank !== undefined && (best === undefined || isNarrower(rank, best.rank))) best = { entry, rank };
  }
  return best?.entry;
}

function isNarrower(one: readonly bigint[], other: readonly bigint[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && (one[index] ?? 0n) < (other[index] ?? 0n);
}

/** What a virtual server takes, ready to be compared with packets. */
export interface Listener {
  readonly target: Target | undefined;
  readonly from: Range | undefined;
  readonly protocol: string;
  readonly enabled: boolean;
  readonly vlans: readonly string[];
  /** The VLANs are those where it listens, and not those where it does not. */
  readonly vlansEnabled: boolean;
}

export function listenerOf(row: JsonObject): Listener {
  return {
    target: targetOf(textAt(row, 'destination'), textAt(row, 'mask')),
    from: parseRange(textAt(row, 'source')),
    protocol: textAt(row, 'ipProtocol'),
    enabled: row['disabled'] !== true && row['enabled'] !== false,
    vlans: textsAt(row, 'vlans'),
    vlansEnabled: row['vlansEnabled'] === true,
  };
}

/** Smaller is narrower; undefined: does not take it. */
function rankOf(listener: Listener, packet: RoutedPacket): readonly bigint[] | undefined {
  const { source, destination, port, routeDomain } = packet;
  const { target, from } = listener;
  if (!isListening(listener, packet)) return undefined;
  if (target === undefined || !holds(target.range, destination, routeDomain)) return undefined;
  if (target.port !== 0 && target.port !== port) return undefined;
  // The source says 0.0.0.0/0 also where nobody thought of it: it is looked at in its own family only.
  const looked = from?.family === source.family ? from : undefined;
  if (looked !== undefined && !holds(looked, source, routeDomain)) return undefined;
  const width = looked === undefined ? 0n : looked.last - looked.first;
  const any = listener.protocol === 'any';
  return [target.range.last - target.range.first, width, target.port === 0 ? 1n : 0n, any ? 1n : 0n];
}

function isListening({ enabled, vlans, vlansEnabled, protocol }: Listener, packet: RoutedPacket): boolean {
  if (!enabled || vlans.includes(packet.vlan) !== vlansEnabled) return false;
  return protocol === 'any' || (protocols[protocol] ?? Number(protocol)) === packet.protocol;
}

function holds(range: Range, ip: Address, routeDomain: number): boolean {
  return (range.routeDomain ?? 0) === routeDomain && within(ip, range);
}

interface Target {
  readonly range: Range;
  /** 0: any. */
  readonly port: number;
}

const wildcards: Readonly<Record<string, string>> = { any: '0.0.0.0', any6: '::' };

/** `/Common/10.0.0.0%1:443` with its mask. */
function targetOf(destination: string, mask: string): Target | undefined {
  const match = /^(?:\/.*\/)?([^/%]*)(%\d+)?[.:](\d+|any)$/.exec(destination);
  const [, address = '', suffix = '', port = ''] = match ?? [];
  const text = wildcards[address] ?? address;
  const host = parseIp(text);
  if (host === undefined) return undefined;
  const length = host.value === 0n || Object.hasOwn(wildcards, mask) ? 0 : lengthOf(mask, host.family);
  const range = parseRange(`${text}${suffix}/${length}`);
  return range === undefined ? undefined : { range, port: port === 'any' ? 0 : Number(port) };
}

/** Bits of a mask; without one, a host. */
function lengthOf(mask: string, family: 4 | 6): number {
  const value = parseIp(mask)?.value;
  if (value === undefined) return family === 4 ? 32 : 128;
  return value.toString(2).replace(/0+$/, '').length;
}
