import { emptyValue, invalid, nameConflict } from '../api/failure.ts';
import { namesAt, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { CheckContext, Row } from '../tables/schema.ts';

export function checkService(row: Row, { store, key }: CheckContext): void {
  if (store.has('firewall.service/group', key)) throw nameConflict(key, 'service', 'service group', -162);
  const ranges = ['tcp-portrange', 'udp-portrange', 'sctp-portrange'];
  if (textAt(row, 'protocol').startsWith('TCP/UDP') && ranges.every((name) => row[name] === '')) {
    throw invalid('tcp-portrange', 'portrange cannot all be empty');
  }
}

export function checkServiceGroup(row: Row, { store, key }: CheckContext): void {
  if (store.has('firewall.service/custom', key)) throw nameConflict(key, 'service', 'service group', -162);
  const members = namesAt(row, 'member');
  if (members.length === 0) throw emptyValue('member');
  if (members.includes(key)) throw invalid(key, `group ${key} would contain itself`);
}
