import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { addressTextsOf, nameMatches } from '../names.ts';
import { textAt, type Row } from '../row.ts';
import type { Endpoints, Observation } from './monitor.ts';

export const addressEndpoints: Endpoints = {
  'GET firewall/address-dynamic': {
    group: 'fwgrp.address',
    answer: (seen) => ({ fields: { results: dynamic(seen) } }),
  },
  'GET firewall/address-fqdns': { group: 'fwgrp.address', answer: (seen) => ({ fields: { results: fqdns(seen, 4) } }) },
  'GET firewall/address6-fqdns': {
    group: 'fwgrp.address',
    answer: (seen) => ({ fields: { results: fqdns(seen, 6) } }),
  },
};

/** What connectors have filled in. */
function dynamic({ call, store }: Observation): Json {
  const wanted = call.query.get('mkey');
  const found = [...store.rows('firewall/address').values()].filter(
    (row) => row['type'] === 'dynamic' && (wanted === null || row['name'] === wanted),
  );
  return Object.fromEntries(
    found.map((row) => {
      const addrs = ((row['list'] ?? []) as readonly JsonObject[]).map((item) => item['ip'] ?? '');
      return [textAt(row, 'name'), { addrs, addrs_count: addrs.length, subtype: row['sub-type'] ?? '' }];
    }),
  );
}

/** What the device itself resolves the names to; a wildcard to what clients have asked for. */
function fqdns({ device, call, store }: Observation, family: 4 | 6): Json {
  const wanted = call.query.get('mkey');
  const table = family === 4 ? 'firewall/address' : 'firewall/address6';
  return [...store.rows(table).values()]
    .filter((row) => row['type'] === 'fqdn' && (wanted === null || row['name'] === wanted))
    .map((row) => resolved(row, family, device.traffic.learned));
}

function resolved(row: Row, family: 4 | 6, learned: ReadonlySet<string>): JsonObject {
  const fqdn = textAt(row, 'fqdn');
  const wildcard = fqdn.startsWith('*.');
  const names = wildcard ? [...learned].filter((name) => nameMatches(fqdn, name)) : [fqdn];
  const addrs = [...new Set(names.flatMap((name) => addressTextsOf(name, family)))].sort();
  return { name: row['name'] ?? '', fqdn, addrs, addrs_count: addrs.length, wildcard };
}
