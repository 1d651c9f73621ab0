import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import { originIn, servedBy } from '../../../kit/common/ownership/marks.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import { tables, type Table } from './names.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { SpecReader } from './watch.ts';

/** Fields of a policy that Postern sets, with the defaults of FortiOS. */
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

export const policyReader: SpecReader = { fields: Object.keys(policyDefaults), read: policySpec };

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
  return { kind: tables.policy, name, spec, refs, effect, position, ...ownerIn(spec) };
}

function ownerIn(spec: JsonObject): Pick<Resource, 'desiredId' | 'origin'> {
  const comments = textOf(spec['comments']);
  return { ...servedBy(comments), ...originIn(comments) };
}

/** A policy of ours that is not in force, and so has no place; `#id` is its name. */
export function disabledPolicy(id: string, spec: JsonObject): Resource {
  return { ...plainResource(tables.policy, `#${id}`, spec), disabled: true, ...ownerIn(spec) };
}

function refsToSchedule(name: Json | undefined): ResourceKey[] {
  return typeof name === 'string' && name !== 'always' ? [{ kind: tables.schedule, name }] : [];
}

function refsTo(kind: Table, names: Json | undefined): ResourceKey[] {
  const list = Array.isArray(names) ? (names as readonly string[]) : [];
  return list.filter((name) => name !== 'all' && name !== 'ALL').map((name) => ({ kind, name }));
}
