import { parseIp } from '../../../../kit/simulator/traffic/addresses.ts';
import { emptyValue, Failure, invalid, nameConflict } from '../api/failure.ts';
import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { CheckContext, Row } from '../tables/schema.ts';

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
  const inside = (group: Row): readonly string[] => [...namesAt(group, 'member'), ...namesAt(group, 'exclude-member')];
  if (store.reaches(table, inside(row), key, inside)) throw invalid(key, `group ${key} would contain itself`);
  if (family === 4) checkInterfaces(members, store);
}

/** Members are bound to one interface, or to none. */
function checkInterfaces(members: readonly string[], store: CheckContext['store']): void {
  const bound = new Set(
    members
      .map((name) => store.get('firewall/address', name)?.['associated-interface'] ?? '')
      .filter((to) => to !== ''),
  );
  if (bound.size > 1) throw invalid([...bound].map(String).join(' '), 'members have different associated interfaces');
}
