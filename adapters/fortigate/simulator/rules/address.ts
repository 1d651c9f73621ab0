import { parseIp } from '../addresses.ts';
import { emptyValue, Failure, invalid, nameConflict } from '../failure.ts';
import { namesAt, textAt, type Row } from '../row.ts';
import type { CheckContext } from '../schema.ts';
import type { Store } from '../store.ts';

export function checkAddress(row: Row, { store, key }: CheckContext): void {
  if (store.has('firewall/addrgrp', key)) throw nameConflict(key, 'address', 'address group', -163);
  if (store.has('firewall/vip', key)) throw nameConflict(key, 'address', 'virtual IP', -164);
  checkByType(row);
}

export function checkAddress6(row: Row, { store, key }: CheckContext): void {
  if (store.has('firewall/addrgrp6', key)) throw nameConflict(key, 'address', 'address group', -163);
  checkByType(row);
}

function checkByType(row: Row): void {
  if (row['type'] === 'fqdn') {
    const fqdn = textAt(row, 'fqdn');
    if (fqdn === '') throw emptyValue('fqdn');
    if (!/^(\*\.)?([A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9_-]+\.?$/.test(fqdn)) throw invalid(fqdn);
  }
  if (row['type'] === 'iprange') {
    const first = parseIp(textAt(row, 'start-ip'));
    const last = parseIp(textAt(row, 'end-ip'));
    if (first === undefined || last === undefined || last.value === 0n || last.value < first.value) {
      throw new Failure('object check operator error, -45, discard the setting', -45);
    }
  }
}

export function checkGroup(row: Row, context: CheckContext, family: 4 | 6): void {
  const { store, profile, key } = context;
  const suffix = family === 4 ? '' : '6';
  if (store.has(`firewall/address${suffix}`, key)) throw nameConflict(key, 'address', 'address group', -163);
  if (family === 4 && store.has('firewall/vip', key)) throw nameConflict(key, 'address group', 'virtual IP', -165);
  const members = namesAt(row, 'member');
  if (members.length === 0 && !profile.emptyGroups) throw emptyValue('member');
  if (row['exclude'] === 'enable' && namesAt(row, 'exclude-member').length === 0) {
    throw emptyValue('exclude-member');
  }
  const table = `firewall/addrgrp${suffix}`;
  const nested = [...members, ...namesAt(row, 'exclude-member')].filter(
    (name) => name === key || store.has(table, name),
  );
  if (reaches(store, table, nested, key)) throw invalid(key, `group ${key} would contain itself`);
  if (family === 4) checkInterfaces(members, store);
}

/** Does one of the groups contain `wanted`, at any depth? */
function reaches(store: Store, table: string, from: readonly string[], wanted: string): boolean {
  const seen = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === wanted) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    const row = store.get(table, name);
    if (row !== undefined) open.push(...namesAt(row, 'member'), ...namesAt(row, 'exclude-member'));
  }
  return false;
}

/** Members are bound to one interface, or to none. */
function checkInterfaces(members: readonly string[], store: Store): void {
  const bound = new Set(
    members
      .map((name) => store.get('firewall/address', name)?.['associated-interface'] ?? '')
      .filter((to) => to !== ''),
  );
  if (bound.size > 1) throw invalid([...bound].map(String).join(' '), 'members have different associated interfaces');
}
