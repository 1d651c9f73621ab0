import { textOf } from '../../../kit/common/api/json.ts';
import { atLeast } from '../../../kit/common/api/version.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { canonicalCidr } from '../../../src/net/cidr.ts';
import { networkOf } from './attributes.ts';
import { tables, type AddressTable, type Table } from './names.ts';
import { policyReader } from './policy.ts';
import type { SpecReader } from './watch.ts';

/*
 * Objects in the device's vocabulary, in the one form that `lower` writes and `observe` reads. The readers take a row
 * as the device gives it, with what is absent, spelt differently or meaningless brought into that form.
 */

/** Of an address, the type says which value counts. */
function addressReader(kind: AddressTable): SpecReader {
  return {
    fields: ['type', 'fqdn', 'comment', kind === tables.address ? 'subnet' : 'ip6'],
    read: (row) => {
      const type = textOf(row['type'] ?? (kind === tables.address ? 'ipmask' : 'ipprefix'));
      const value = type === 'fqdn' ? { fqdn: textOf(row['fqdn']).toLowerCase() } : networkIn(type, row);
      return { type, ...value, comment: textOf(row['comment']) };
    },
  };
}

/** A row without what is at its default lacks the network of everything. */
function networkIn(type: string, row: JsonObject): JsonObject {
  if (type === 'ipmask') return { subnet: networkOf(textOf(row['subnet'] ?? '0.0.0.0 0.0.0.0')) };
  const prefix = textOf(row['ip6'] ?? '::/0');
  return type === 'ipprefix' ? { ip6: canonicalCidr(prefix) ?? prefix } : {};
}

/** What a service of ports says of itself: UDP-Lite is in the name since 7.6. Anything else was edited by another client. */
export function serviceReader(version: string): SpecReader {
  const ports = atLeast(version, '7.6') ? 'TCP/UDP/UDP-Lite/SCTP' : 'TCP/UDP/SCTP';
  return textReader({ protocol: ports, 'tcp-portrange': '', 'udp-portrange': '', comment: '' }, (field, text) =>
    field === 'protocol' && text.startsWith('TCP/UDP/') ? ports : text,
  );
}

const scheduleReader = textReader({ start: '00:00 2001/01/01', end: '' });
const groupReader = textReader({ comment: '' });
const feedReader = textReader({ comments: '', status: 'enable', type: '', 'update-method': 'feed' });

/** What we set of the objects of a table. */
export function readerOf(table: Table, version: string): SpecReader {
  switch (table) {
    case tables.address:
    case tables.address6:
      return addressReader(table);
    case tables.group:
    case tables.group6:
      return groupReader;
    case tables.service:
      return serviceReader(version);
    case tables.policy:
      return policyReader;
    case tables.feed:
      return feedReader;
    case tables.schedule:
      return scheduleReader;
  }
}

/** @param initial by attribute, what stands for one that a row does not have */
function textReader(
  initial: Readonly<Record<string, string>>,
  spelled: (field: string, text: string) => string = (_, text) => text,
): SpecReader {
  const fields = Object.keys(initial);
  const text = (row: JsonObject, field: string): string => spelled(field, textOf(row[field]) || (initial[field] ?? ''));
  return { fields, read: (row) => Object.fromEntries(fields.map((field) => [field, text(row, field)])) };
}
