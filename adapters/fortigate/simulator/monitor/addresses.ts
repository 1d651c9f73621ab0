import { objectsAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import { addressesOf } from '../../../../kit/simulator/traffic/names.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { formatAddress } from '../../../../src/net/address.ts';
import { namesOf } from '../packet/addresses.ts';
import type { Row } from '../tables/schema.ts';
import { asked, type Endpoints, type Observation } from './endpoint.ts';

export const addressEndpoints: Endpoints = {
  'GET firewall/address-dynamic': { group: 'fwgrp.address', answer: (seen) => dynamic(seen, 'firewall/address') },
  'GET firewall/address6-dynamic': { group: 'fwgrp.address', answer: (seen) => dynamic(seen, 'firewall/address6') },
  'GET firewall/address-fqdns': { group: 'fwgrp.address', answer: (seen) => fqdns(seen, 4) },
  'GET firewall/address-fqdns6': { group: 'fwgrp.address', answer: (seen) => fqdns(seen, 6) },
};

function rowsOf(seen: Observation, table: string, type: string): readonly Row[] {
  const rows = [...seen.vdom.tables.rows(table).values()].filter((row) => row['type'] === type);
  return asked(seen, rows, (row) => textAt(row, 'name'));
}

/** What connectors have filled in. */
function dynamic(seen: Observation, table: string): Json {
  return Object.fromEntries(
    rowsOf(seen, table, 'dynamic').map((row) => {
      const addrs = objectsAt(row, 'list').map((item) => textAt(item, 'ip'));
      return [textAt(row, 'name'), { addrs, addrs_count: addrs.length, subtype: row['sub-type'] ?? '' }];
    }),
  );
}

/** What the device itself resolves the names to; a wildcard to what clients have asked for. */
function fqdns(seen: Observation, family: 4 | 6): readonly JsonObject[] {
  return rowsOf(seen, family === 4 ? 'firewall/address' : 'firewall/address6', 'fqdn').map((row) => {
    const fqdn = textAt(row, 'fqdn');
    const resolved = namesOf(fqdn, seen.device.traffic.learned).flatMap(addressesOf);
    const addrs = [...new Set(resolved.filter((ip) => ip.family === family).map(formatAddress))].sort();
    const wildcard = fqdn.startsWith('*.');
    return { name: row['name'] ?? '', fqdn, addrs, addrs_count: addrs.length, wildcard };
  });
}
