import { namesAt, textsAt } from '../../../../kit/simulator/tables/rows.ts';
import { addressesOf } from '../../../../kit/simulator/traffic/names.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Address } from '../../../../src/net/address.ts';
import { parseRange, type Range } from '../tables/addresses.ts';

/** What an address list, a port list or one end of a rule says, ready to be compared with packets. */
export interface Holder {
  /** It names addresses of some kind; if not, it is about all of them. */
  readonly addressed: boolean;
  readonly ranges: readonly Range[];
  readonly countries: readonly string[];
  /** Where its names are. */
  readonly resolved: readonly Address[];
  readonly addressLists: readonly string[];
  /** It names ports; if not, it is about all of them. */
  readonly ported: boolean;
  readonly ports: readonly (readonly [number, number])[];
  readonly portLists: readonly string[];
  readonly vlans: readonly string[];
}

const addressKinds = ['addresses', 'addressLists', 'fqdns', 'geo', 'ipiCategory'];

export function holderOf(row: JsonObject): Holder {
  return {
    addressed: addressKinds.some((kind) => row[kind] !== undefined),
    ranges: namesAt(row, 'addresses').flatMap((name) => parseRange(name) ?? []),
    countries: namesAt(row, 'geo'),
    resolved: namesAt(row, 'fqdns').flatMap(addressesOf),
    addressLists: textsAt(row, 'addressLists'),
    ported: row['ports'] !== undefined || row['portLists'] !== undefined,
    ports: namesAt(row, 'ports').map(portRange),
    portLists: textsAt(row, 'portLists'),
    vlans: textsAt(row, 'vlans'),
  };
}

function portRange(text: string): readonly [number, number] {
  const [from = 0, to = from] = text.split('-').map(Number);
  return [from, to];
}
