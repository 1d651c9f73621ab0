import { textOf } from '../../../kit/common/api/json.ts';
import { atLeast } from '../../../kit/common/api/version.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import { canonicalCidr } from '../../../src/core/net/cidr.ts';
import { networkOf } from './attributes.ts';
import { tables, type AddressTable } from './names.ts';

/*
 * Objects in the device's vocabulary, in the one form that `lower` writes and `observe` reads. The readers take a row
 * as the device gives it, with what is absent, spelt differently or meaningless brought into that form.
 */

/** Type and value only: an address of a type that we do not make differs from all that we make. */
export function addressSpec(kind: AddressTable, row: JsonObject): JsonObject {
  const type = textOf(row['type'] ?? (kind === tables.address ? 'ipmask' : 'ipprefix'));
  const value = type === 'fqdn' ? { fqdn: textOf(row['fqdn']).toLowerCase() } : networkIn(type, row);
  return { type, ...value, comment: textOf(row['comment']) };
}

function networkIn(type: string, row: JsonObject): JsonObject {
  if (type === 'ipmask') return { subnet: networkOf(textOf(row['subnet'])) };
  return type === 'ipprefix' ? { ip6: canonicalCidr(textOf(row['ip6'])) ?? textOf(row['ip6']) } : {};
}

/** What a service of ports says of itself: UDP-Lite is in the name since 7.6. Anything else is somebody's edit. */
export function serviceSpec(row: JsonObject, version: string): JsonObject {
  const protocol = textOf(row['protocol']);
  const ports = atLeast(version, '7.6') ? 'TCP/UDP/UDP-Lite/SCTP' : 'TCP/UDP/SCTP';
  return {
    protocol: protocol === '' || protocol.startsWith('TCP/UDP/') ? ports : protocol,
    'tcp-portrange': textOf(row['tcp-portrange']),
    'udp-portrange': textOf(row['udp-portrange']),
    comment: textOf(row['comment']),
  };
}

export function scheduleSpec(row: JsonObject): JsonObject {
  return { start: textOf(row['start']), end: textOf(row['end']) };
}

export function groupSpec(row: JsonObject): JsonObject {
  return { comment: textOf(row['comment']), exclude: textOf(row['exclude'] ?? 'disable') };
}

export function feedSpec(row: JsonObject): JsonObject {
  return {
    comments: textOf(row['comments']),
    status: textOf(row['status'] ?? 'enable'),
    type: textOf(row['type']),
    'update-method': textOf(row['update-method'] ?? 'feed'),
  };
}
