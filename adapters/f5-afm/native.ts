import { readMark } from '../../src/adapter/owner.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../src/core/model/resource.ts';
import { roleOf, servedBy, tables, type Table } from './names.ts';

/*
 * Objects in the device's vocabulary, in the one form that `lower` writes and `observe` reads. The readers take an
 * object as the device gives it, with what is absent, spelt differently or of no meaning to us brought into that form.
 */

/** Fields of a rule that we set or whose change by others matters, with what there is when nobody says anything. */
export const ruleDefaults = {
  description: '',
  action: '',
  ipProtocol: 'any',
  log: 'no',
  status: 'enabled',
  schedule: '',
  irule: '',
  iruleSampleRate: '1',
  protocolInspectionProfile: '',
  servicePolicy: '',
  ruleList: '',
  virtualServer: '',
} as const satisfies JsonObject;

/** What the rule matches: lists by their full paths, and whatever else somebody put there. */
const sides = ['source', 'destination'] as const;

export function ruleSpec(row: JsonObject): JsonObject {
  const plain = Object.entries(ruleDefaults).map(([field, initial]) => [field, meant(row[field]) || initial]);
  return {
    ...(Object.fromEntries(plain) as JsonObject),
    ...Object.fromEntries(sides.map((side) => [side, sideOf(row[side])])),
  };
}

/** References are spelt out beside the names that they belong to. */
function sideOf(side: Json | undefined): JsonObject {
  if (!isObject(side)) return {};
  const entries = Object.entries(side).flatMap(([field, value]): [string, Json][] => {
    if (field.endsWith('Reference')) return [];
    const names = namesIn(value);
    return names.length === 0 ? [] : [[field, names.toSorted()]];
  });
  return Object.fromEntries(entries);
}

export function ruleResource(name: string, spec: JsonObject, position: number, ruleList: string): Resource {
  const refs: ResourceKey[] = [
    { kind: tables.ruleList, name: ruleList },
    ...sides.flatMap((side) => [
      ...refsTo(tables.addressList, listsIn(spec, side, 'addressLists')),
      ...refsTo(tables.portList, listsIn(spec, side, 'portLists')),
    ]),
    ...refsTo(tables.schedule, [textOf(spec['schedule'])]),
  ];
  const effect = textOf(spec['action']).startsWith('accept') ? 'Accept' : 'Deny';
  return { kind: tables.rule, name, spec, refs, effect, position, ...served(spec) };
}

/** The paths of the lists that one side of a rule names. */
export function listsIn(spec: JsonObject, side: 'source' | 'destination', field: string): readonly string[] {
  const found = spec[side];
  return isObject(found) ? namesIn(found[field]) : [];
}

function refsTo(kind: Table, paths: readonly string[]): ResourceKey[] {
  return paths.filter((path) => path !== '').map((path) => ({ kind, name: lastOf(path) }));
}

function served(spec: JsonObject): { readonly desiredId?: string } {
  return servedBy(readMark(textOf(spec['description']))?.subject ?? '');
}

/** A list that carries a group; its members are those of all the lists it consists of. */
export function groupResource(name: string, spec: JsonObject, members: readonly string[]): Resource {
  const effect = roleOf(readMark(textOf(spec['description']))?.subject ?? '');
  return { kind: tables.addressList, name, spec, members, refs: [], effect, ...served(spec) };
}

export function groupSpec(row: JsonObject): JsonObject {
  return { description: textOf(row['description']) };
}

/** A list of destinations, or one that is no longer part of a group. */
export function addressListSpec(row: JsonObject): JsonObject {
  return {
    ...groupSpec(row),
    ...namedFields(row, ['addresses', 'fqdns', 'geo']),
    addressLists: pathsIn(row['addressLists']),
  };
}

export function portListSpec(row: JsonObject): JsonObject {
  return { ...groupSpec(row), ...namedFields(row, ['ports']), portLists: pathsIn(row['portLists']) };
}

function namedFields(row: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.map((field) => [field, namesIn(row[field]).toSorted()]));
}

/** AFM writes `2038-01-18:19:14:07`, with one digit or two, or with a `T` and a `Z`. */
export function scheduleSpec(row: JsonObject): JsonObject {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})[:, T](\d{2}:\d{2}:\d{2})/.exec(textOf(row['dateValidEnd']));
  const two = (digits = ''): string => digits.padStart(2, '0');
  const end = match === null ? '' : `${match[1] ?? ''}-${two(match[2])}-${two(match[3])}:${match[4] ?? ''}`;
  return { ...groupSpec(row), dateValidEnd: end };
}

export function entrySpec(policy: string, row: JsonObject): JsonObject {
  const { description = '', ruleList = '', status = '', ...others } = ruleSpec(row);
  const strange = Object.entries(others).filter(
    ([field, value]) => !unasked.has(field) && JSON.stringify(value) !== JSON.stringify(nothingMore[field]),
  );
  return { policy, description, ruleList, status, ...Object.fromEntries(strange) };
}

/** What a rule that refers to a list shows of itself without being asked. */
const unasked: ReadonlySet<string> = new Set(['action', 'log', 'ipProtocol', 'iruleSampleRate']);
const nothingMore = ruleSpec({});

/** Objects that by themselves permit and stop nothing. */
export function plainResource(
  kind: Table,
  name: string,
  spec: JsonObject,
  refs: readonly ResourceKey[] = [],
): Resource {
  return { kind, name, spec, refs, effect: 'None' };
}

/** `none` and absence are both nothing. */
function meant(value: Json | undefined): string {
  const text = textOf(value);
  return text === 'none' ? '' : text;
}

export function namesIn(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((row) => {
    const name = isObject(row) ? row['name'] : row;
    return typeof name === 'string' ? [name] : [];
  });
}

/** Full paths of the lists that a list refers to, sorted. */
export function pathsIn(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  const paths = (value as readonly Json[]).flatMap((row) => {
    if (!isObject(row)) return typeof row === 'string' ? [row] : [];
    const folders = [textOf(row['partition']) || 'Common', textOf(row['subPath'])].filter((part) => part !== '');
    return [`/${folders.join('/')}/${textOf(row['name'])}`];
  });
  return paths.sort();
}

/** A path as an object refers to another one. */
export function referenceTo(path: string): JsonObject {
  const [partition = '', ...rest] = path.split('/').slice(1);
  const name = rest.at(-1) ?? '';
  return { name, partition, ...(rest.length > 1 && { subPath: rest.slice(0, -1).join('/') }) };
}

export function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
