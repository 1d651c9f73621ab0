import type { JsonObject } from '../../../src/core/model/json.ts';
import { parseRange, within, type Ip, type Range } from './addresses.ts';
import { addressesOf } from './names.ts';
import { namesAt, textsAt } from './schema.ts';
import type { Entry, Store } from './store.ts';
import { addressList, portList } from './tables/lists.ts';
import { partitionPath } from './tables/network.ts';
import { fqdnPolicyPath } from './tables/policies.ts';

/** One end of a packet. */
export interface End {
  readonly ip: Ip;
  readonly port: number;
  readonly routeDomain: number;
  /** Undefined where it is not known, as for destinations. */
  readonly vlan: string | undefined;
}

/** Documentation networks (RFC 5737) stand for countries; nothing else has one. */
const countries: readonly (readonly [string, string])[] = [
  ['198.51.100.0/24', 'BS'],
  ['203.0.113.0/24', 'US:Washington'],
];

const addressKinds = ['addresses', 'addressLists', 'fqdns', 'geo', 'ipiCategory'];

/** Looks packets up in lists; remembers what it has parsed. */
export class Matcher {
  readonly #store: Store;
  readonly #ranges: WeakMap<JsonObject, readonly Range[]>;

  constructor(store: Store, ranges: WeakMap<JsonObject, readonly Range[]>) {
    this.#store = store;
    this.#ranges = ranges;
  }

  /**
   * Does an end of a rule hold this end of a packet? One that names no addresses holds them all: that is what is left
   * of a rule when its last address is taken out.
   *
   * @param partition whose default route domain addresses without `%` are in
   */
  endHolds(end: JsonObject, packet: End, partition: string): boolean {
    const vlans = textsAt(end, 'vlans');
    if (vlans.length > 0 && (packet.vlan === undefined || !vlans.includes(packet.vlan))) return false;
    const anywhere = addressKinds.every((kind) => end[kind] === undefined);
    if (!anywhere && !this.#addressHeld(end, packet, partition)) return false;
    const anyPort = end['ports'] === undefined && end['portLists'] === undefined;
    return anyPort || this.#portHeld(end, packet.port);
  }

  #addressHeld(holder: JsonObject, packet: End, partition: string): boolean {
    if (this.#inRanges(holder, packet, partition)) return true;
    if (namesAt(holder, 'geo').some((place) => isIn(place, packet.ip))) return true;
    if (this.#resolves() && namesAt(holder, 'fqdns').some((name) => isAddressOf(name, packet.ip))) return true;
    return this.#lists(addressList, holder, 'addressLists').some((list) =>
      this.#addressHeld(list.fields, packet, list.partition),
    );
  }

  #inRanges(holder: JsonObject, { ip, routeDomain }: End, partition: string): boolean {
    const own = this.#defaultRouteDomain(partition);
    return this.#parsed(holder).some((range) => (range.routeDomain ?? own) === routeDomain && within(ip, range));
  }

  #parsed(holder: JsonObject): readonly Range[] {
    const known = this.#ranges.get(holder);
    if (known !== undefined) return known;
    const ranges = namesAt(holder, 'addresses').flatMap((name) => parseRange(name) ?? []);
    this.#ranges.set(holder, ranges);
    return ranges;
  }

  #portHeld(holder: JsonObject, port: number): boolean {
    if (namesAt(holder, 'ports').some((range) => portIn(range, port))) return true;
    return this.#lists(portList, holder, 'portLists').some((list) => this.#portHeld(list.fields, port));
  }

  #lists(path: string, holder: JsonObject, field: string): readonly Entry[] {
    return textsAt(holder, field).flatMap((name) => this.#store.get(path, name) ?? []);
  }

  /** Names are resolved only when the device has been told by whom. */
  #resolves(): boolean {
    return this.#store.get(fqdnPolicyPath, '')?.fields['dnsResolver'] !== undefined;
  }

  #defaultRouteDomain(partition: string): number {
    return Number(this.#store.get(partitionPath, partition)?.fields['defaultRouteDomain'] ?? 0);
  }
}

function isAddressOf(name: string, ip: Ip): boolean {
  return addressesOf(name).some(({ family, value }) => family === ip.family && value === ip.value);
}

/** `US` holds `US:Washington`. */
function isIn(place: string, ip: Ip): boolean {
  return countries.some(([network, country]) => {
    const range = parseRange(network);
    return range !== undefined && within(ip, range) && (country === place || country.startsWith(`${place}:`));
  });
}

function portIn(range: string, port: number): boolean {
  const [from = 0, to = from] = range.split('-').map(Number);
  return port >= from && port <= to;
}
