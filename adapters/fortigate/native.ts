import type { Json, JsonObject } from '../../src/core/model/json.ts';
import { canonicalCidr, parseCidr } from '../../src/core/net/cidr.ts';
import { formatAddress, parseAddress } from '../../src/core/net/address.ts';
import type { Resource, ResourceKey } from '../../src/core/model/resource.ts';
import { readMark } from '../../src/adapter/owner.ts';
import { roleOf, servedBy, tables, type AddressTable, type GroupTable, type Table } from './names.ts';

/*
 * Objects in the device's vocabulary, in the one form that `lower` writes and `observe` reads. The readers take a row
 * as the device gives it, with what is absent, spelt differently or meaningless brought into that form.
 */

/** Fields of a policy that we set or whose change by others matters, with what FortiOS has when nobody says anything. */
export const policyDefaults = {
  comments: '',
  status: 'enable',
  action: 'deny',
  srcintf: [],
  dstintf: [],
  srcaddr: [],
  dstaddr: [],
  srcaddr6: [],
  dstaddr6: [],
  service: [],
  schedule: '',
  logtraffic: 'utm',
  nat: 'disable',
  'srcaddr-negate': 'disable',
  'dstaddr-negate': 'disable',
  'srcaddr6-negate': 'disable',
  'dstaddr6-negate': 'disable',
  'service-negate': 'disable',
  'internet-service': 'disable',
  'internet-service-src': 'disable',
  'internet-service6': 'disable',
  'internet-service6-src': 'disable',
  users: [],
  groups: [],
  'policy-expiry': 'disable',
  'policy-expiry-date-utc': '',
  'utm-status': 'disable',
  'ssl-ssh-profile': 'no-inspection',
  'av-profile': '',
  'webfilter-profile': '',
  'dnsfilter-profile': '',
  'application-list': '',
  'ips-sensor': '',
} as const satisfies JsonObject;
export type PolicyField = keyof typeof policyDefaults;

const inspectionFields: readonly PolicyField[] = [
  'ssl-ssh-profile',
  'av-profile',
  'webfilter-profile',
  'dnsfilter-profile',
  'application-list',
  'ips-sensor',
];

export function policySpec(row: JsonObject): JsonObject {
  const read = Object.entries(policyDefaults).map(([field, initial]) => [field, like(initial, row[field])]);
  const spec = Object.fromEntries(read) as Record<PolicyField, Json>;
  const off: PolicyField[] = [
    ...(spec['utm-status'] === 'enable' ? [] : inspectionFields),
    ...(spec['policy-expiry'] === 'enable' ? [] : (['policy-expiry-date-utc'] as const)),
  ];
  for (const field of off) spec[field] = policyDefaults[field];
  return spec;
}

/** A value in the form of its default: a sorted list of names, or a text. */
function like(initial: Json, value: Json | undefined): Json {
  if (Array.isArray(initial)) return namesIn(value).toSorted();
  return value === undefined || value === '' ? initial : textOf(value);
}

export function policyResource(
  name: string,
  spec: JsonObject,
  position: number,
  sourceTables: readonly [Table, Table],
): Resource {
  const refs: ResourceKey[] = [
    ...refsTo(sourceTables[0], spec['srcaddr']),
    ...refsTo(sourceTables[1], spec['srcaddr6']),
    ...refsTo(tables.address, spec['dstaddr']),
    ...refsTo(tables.address6, spec['dstaddr6']),
    ...refsTo(tables.service, spec['service']),
    ...refsToSchedule(spec['schedule']),
  ];
  const effect = spec['action'] === 'accept' ? 'Accept' : 'Deny';
  return { kind: tables.policy, name, spec, refs, effect, position, ...policyOwner(spec) };
}

function policyOwner(spec: JsonObject): { readonly desiredId?: string } {
  return servedBy(readMark(textOf(spec['comments']))?.subject ?? '');
}

/** A policy of ours that is not in force, and so has no place; `#id` is its name. */
export function disabledPolicy(id: string, spec: JsonObject): Resource {
  return { ...plainResource(tables.policy, `#${id}`, spec), ...policyOwner(spec) };
}

function refsToSchedule(name: Json | undefined): ResourceKey[] {
  return typeof name === 'string' && name !== 'always' ? [{ kind: tables.schedule, name }] : [];
}

function refsTo(kind: Table, names: Json | undefined): ResourceKey[] {
  const list = Array.isArray(names) ? (names as readonly string[]) : [];
  return list.filter((name) => name !== 'all' && name !== 'ALL').map((name) => ({ kind, name }));
}

/** Type and value only: an address of a type that we do not make differs from all that we make. */
export function addressSpec(kind: AddressTable, row: JsonObject): JsonObject {
  const type = textOf(row['type'] ?? (kind === tables.address ? 'ipmask' : 'ipprefix'));
  const value = type === 'fqdn' ? { fqdn: textOf(row['fqdn']).toLowerCase() } : networkIn(type, row);
  return { type, ...value, comment: textOf(row['comment']) };
}

function networkIn(type: string, row: JsonObject): JsonObject {
  if (type === 'ipmask') return { subnet: fromMask(textOf(row['subnet'])) };
  return type === 'ipprefix' ? { ip6: canonicalCidr(textOf(row['ip6'])) ?? textOf(row['ip6']) } : {};
}

export function plainResource(kind: Table, name: string, spec: JsonObject): Resource {
  return { kind, name, spec, refs: [], effect: 'None' };
}

export function serviceSpec(row: JsonObject): JsonObject {
  const protocol = textOf(row['protocol']);
  return {
    'tcp-portrange': textOf(row['tcp-portrange']),
    'udp-portrange': textOf(row['udp-portrange']),
    comment: textOf(row['comment']),
    // Anything but ports is somebody's edit.
    ...(protocol === '' || protocol.startsWith('TCP/UDP') ? {} : { protocol }),
  };
}

export function scheduleSpec(row: JsonObject): JsonObject {
  return { start: textOf(row['start']), end: textOf(row['end']) };
}

export function groupSpec(row: JsonObject): JsonObject {
  return { comment: textOf(row['comment']), exclude: textOf(row['exclude'] ?? 'disable') };
}

export function groupResource(
  key: { readonly kind: GroupTable; readonly name: string },
  row: { readonly spec: JsonObject; readonly subject: string; readonly members: readonly string[] },
  refs: readonly ResourceKey[],
): Resource {
  const { spec, members, subject } = row;
  return { ...key, spec, members, refs, effect: roleOf(subject), ...servedBy(subject) };
}

export function feedResource(
  name: string,
  row: { readonly spec: JsonObject; readonly subject: string; readonly members: readonly string[] },
): Resource {
  const { spec, members, subject } = row;
  const effect = subject.startsWith('Deny/') ? 'Deny' : 'Accept';
  return { kind: tables.feed, name, spec, members, refs: [], effect, ...servedBy(subject) };
}

export function feedSpec(row: JsonObject): JsonObject {
  return {
    comments: textOf(row['comments']),
    status: textOf(row['status'] ?? 'enable'),
    type: textOf(row['type']),
    'update-method': textOf(row['update-method'] ?? 'feed'),
  };
}

/** A group member in its one form: a network of one address is that address. */
export function canonicalMember(text: string): string {
  const cidr = parseCidr(text);
  if (cidr === undefined) return text;
  return cidr.prefix === (cidr.family === 4 ? 32 : 128) ? formatAddress(cidr) : text;
}

export function familyOf(member: string): 4 | 6 {
  return member.includes(':') ? 6 : 4;
}

/** The attributes to send for a spec: lists of names as rows, networks as address and mask. */
export function attributes(spec: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(spec).map(([field, value]) => {
      if (Array.isArray(value)) return [field, (value as readonly string[]).map((name) => ({ name }))];
      return [field, field === 'subnet' ? toMask(textOf(value)) : value];
    }),
  );
}

/** The attributes of `spec` that are not as `known` already has them. */
export function changedAttributes(known: JsonObject, spec: JsonObject): JsonObject {
  const changed = Object.entries(spec).filter(
    ([field, value]) => JSON.stringify(known[field]) !== JSON.stringify(value),
  );
  return attributes(Object.fromEntries(changed));
}

export function namesIn(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((row) => {
    const name = row !== null && typeof row === 'object' && !Array.isArray(row) ? (row as JsonObject)['name'] : row;
    return typeof name === 'string' ? [name] : [];
  });
}

export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** `10.0.0.0 255.0.0.0` as `10.0.0.0/8`; anything else as it is. */
function fromMask(text: string): string {
  const [network = '', mask] = text.split(' ');
  if (mask === undefined) return canonicalCidr(text) ?? text;
  const bits = parseAddress(mask)?.value.toString(2).padStart(32, '0') ?? '';
  const prefix = /^(1*)0*$/.exec(bits)?.[1]?.length;
  return prefix === undefined ? text : (canonicalCidr(`${network}/${prefix}`) ?? text);
}

function toMask(text: string): string {
  const cidr = parseCidr(text);
  if (cidr?.family !== 4) return text;
  const mask = ((1n << BigInt(cidr.prefix)) - 1n) << BigInt(32 - cidr.prefix);
  return `${formatAddress(cidr)} ${formatAddress({ family: 4, value: mask })}`;
}
