import { isObject, namesIn, textOf } from '../../../kit/common/api/json.ts';
import { originIn, servedBy } from '../../../kit/common/ownership/marks.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import { tables, type Table } from './names.ts';
import { lastOf } from './paths.ts';

/** Fields of a rule that Postern sets or whose change by others matters, with their defaults. */
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

/** What the rule matches: lists by their full paths, and anything that another client added. */
const sides = ['source', 'destination'] as const;

/** A device may answer a protocol by its number. */
const protocols: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp', 255: 'any' };

export function ruleSpec(row: JsonObject): JsonObject {
  const plain = Object.entries(ruleDefaults).map(([field, initial]) => [field, meant(row[field]) || initial]);
  const { ipProtocol = '', ...spec } = Object.fromEntries(plain) as Record<string, string>;
  return {
    ...spec,
    ipProtocol: protocols[ipProtocol] ?? ipProtocol,
    ...Object.fromEntries(sides.map((side) => [side, setIn(row[side], new Set())])),
    ...setIn(row, known),
  };
}

const known: ReadonlySet<string> = new Set([
  ...[...Object.keys(ruleDefaults), ...sides],
  // What an answer says about the object instead of what was set in it.
  ...['name', 'partition', 'subPath', 'fullPath', 'kind', 'selfLink', 'generation', 'ruleNumber', 'uuid'],
]);

/**
 * Everything else that another client has set, in any attribute: names and words of lists, and the content of objects. References
 * are spelt out beside the names that they belong to.
 */
function setIn(value: Json | undefined, kindsNotRead: ReadonlySet<string>): JsonObject {
  const entries = Object.entries(isObject(value) ? value : {}).flatMap(([field, inner]): [string, Json][] => {
    if (kindsNotRead.has(field) || field.endsWith('Reference')) return [];
    const set = isObject(inner)
      ? setIn(inner, new Set())
      : Array.isArray(inner)
        ? namesIn(inner).toSorted()
        : unlessOff(inner);
    return Object.keys(set).length === 0 ? [] : [[field, set]];
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
  const words = textOf(spec['description']);
  return { kind: tables.rule, name, spec, refs, effect, position, ...servedBy(words), ...originIn(words) };
}

/** The paths of the lists that one side of a rule names. */
export function listsIn(spec: JsonObject, side: 'source' | 'destination', field: string): readonly string[] {
  const found = spec[side];
  return isObject(found) ? namesIn(found[field]) : [];
}

function refsTo(kind: Table, paths: readonly string[]): ResourceKey[] {
  return paths.filter((path) => path !== '').map((path) => ({ kind, name: lastOf(path) }));
}

/** The one rule of a policy that refers to our rule list. */
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

/** `none` and absence are both nothing. */
function meant(value: Json | undefined): string {
  const text = textOf(value);
  return text === 'none' ? '' : text;
}

/** The probable default of an unknown attribute, judged by its value. */
function unlessOff(value: Json | undefined): string {
  const text = meant(value);
  return ['no', 'disabled', 'default', 'false', '0'].includes(text) ? '' : text;
}
