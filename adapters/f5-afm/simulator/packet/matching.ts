import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { within } from '../../../../kit/simulator/traffic/addresses.ts';
import type { Address } from '../../../../src/net/address.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { parseRange } from '../tables/addresses.ts';
import { addressList, portList } from '../tables/lists.ts';
import { partitionPath } from '../tables/network.ts';
import { fqdnPolicyPath } from '../tables/policies.ts';
import type { Entry } from '../tables/schema.ts';
import type { Holder } from './holder.ts';

/** One end of a packet. */
export interface End {
  readonly ip: Address;
  readonly port: number;
  readonly routeDomain: number;
  /** Undefined where it is not known, as for destinations. */
  readonly vlan: string | undefined;
}

/** Documentation networks (RFC 5737) stand for countries; nothing else has one. */
const countries = [
  { range: parseRange('198.51.100.0/24'), country: 'BS' },
  { range: parseRange('203.0.113.0/24'), country: 'US:Washington' },
] as const;

/** Looks packets up in the lists of one configuration. */
export class Matcher {
  readonly #store: Tables<Entry>;
  readonly #holderOf: (row: JsonObject) => Holder;

  constructor(store: Tables<Entry>, holderOf: (row: JsonObject) => Holder) {
    this.#store = store;
    this.#holderOf = holderOf;
  }

  /**
   * Does an end of a rule hold this end of a packet? One that names no addresses holds them all: that is what is left
   * of a rule when its last address is taken out.
   *
   * @param partition whose default route domain addresses without `%` are in
   */
  endHolds(end: JsonObject, packet: End, partition: string): boolean {
    const holder = this.#holderOf(end);
    if (holder.vlans.length > 0 && !holder.vlans.includes(packet.vlan ?? '')) return false;
    if (holder.addressed && !this.#addressHeld(holder, packet, partition)) return false;
    return !holder.ported || this.#portHeld(holder, packet.port);
  }

  #addressHeld(holder: Holder, packet: End, partition: string): boolean {
    const { ip, routeDomain } = packet;
    if (holder.ranges.length > 0) {
      const own = this.#defaultRouteDomain(partition);
      const held = holder.ranges.some((range) => (range.routeDomain ?? own) === routeDomain && within(ip, range));
      if (held) return true;
    }
    if (holder.countries.some((place) => isIn(place, ip))) return true;
    if (holder.resolved.some(({ family, value }) => family === ip.family && value === ip.value) && this.#resolves())
      return true;
    return holder.addressLists.some((name) => {
      const list = this.#store.get(addressList, name);
      return list !== undefined && this.#addressHeld(this.#holderOf(list.fields), packet, list.partition);
    });
  }

  #portHeld(holder: Holder, port: number): boolean {
    if (holder.ports.some(([from, to]) => port >= from && port <= to)) return true;
    return holder.portLists.some((name) => {
      const list = this.#store.get(portList, name);
      return list !== undefined && this.#portHeld(this.#holderOf(list.fields), port);
    });
  }

  /** Names are resolved only when the device has been told by whom. */
  #resolves(): boolean {
    return this.#store.get(fqdnPolicyPath, '')?.fields['dnsResolver'] !== undefined;
  }

  #defaultRouteDomain(partition: string): number {
    return Number(this.#store.get(partitionPath, partition)?.fields['defaultRouteDomain'] ?? 0);
  }
}

/** `US` holds `US:Washington`. */
function isIn(place: string, ip: Address): boolean {
  return countries.some(
    ({ range, country }) =>
      range !== undefined && within(ip, range) && (country === place || country.startsWith(`${place}:`)),
  );
}
