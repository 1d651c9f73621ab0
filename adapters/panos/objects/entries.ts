import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { elementText } from '../../../kit/common/api/xml.ts';
import { originIn, roleOf, servedBy } from '../../../kit/common/ownership/marks.ts';
import { plainResource } from '../../../kit/common/ownership/resources.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Resource, ResourceKey } from '../../../src/core/model/resource.ts';
import type { PanosConfig } from '../config.ts';
import { isTagName, kinds, type ConfigKind } from './names.ts';

/*
 * Entries of the configuration in the one form that `lower` writes and `observe` reads: lists of members are sorted lists,
 * attributes are left out, and so are defaults of the device.
 */

/** Fields of a rule that are said even where they are `any`. */
const sides = ['from', 'to', 'source', 'destination', 'service'];
const initial: Readonly<Record<string, string>> = {
  'rule-type': 'universal',
  disabled: 'no',
  'negate-source': 'no',
  'negate-destination': 'no',
  'log-start': 'no',
  'log-end': 'yes',
};

/** @param entry as it was read, with attributes that say its name and who changed it when */
export function entrySpec(entry: JsonObject): JsonObject {
  const fields = Object.entries(entry).flatMap(([field, value]): [string, Json][] => {
    if (field.startsWith('@')) return [];
    const plain = plainValue(value);
    return isInitial(field, plain) ? [] : [[field, plain]];
  });
  return Object.fromEntries(fields);
}

function plainValue(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(plainValue);
  if (!isObject(value)) return value;
  const names = Object.keys(value).filter((name) => !name.startsWith('@'));
  if (names.length === 0) return '';
  if (names.length === 1 && names[0] === '#text') return elementText(value);
  const members = value['member'];
  if (names.length === 1 && Array.isArray(members)) return (members as readonly Json[]).map(elementText).sort();
  return Object.fromEntries(names.map((name) => [name, plainValue(value[name] ?? '')]));
}

function isInitial(field: string, value: Json): boolean {
  if (initial[field] === value) return true;
  const isAny = Array.isArray(value) && value.length === 1 && value[0] === 'any';
  return isAny && !sides.includes(field);
}

/** The same as an entry to be written; a rule says what it is not about, too, as the device demands. */
export function entryElement(kind: ConfigKind, name: string, spec: JsonObject): JsonObject {
  const anything = kind === kinds.rule ? { 'source-user': ['any'], category: ['any'], application: ['any'] } : {};
  const fields = Object.entries({ ...anything, ...spec }).map(([field, value]) => [field, written(value)] as const);
  return { entry: { '@name': name, ...(Object.fromEntries(fields) as JsonObject) } };
}

function written(value: Json): Json {
  if (Array.isArray(value)) return { member: value };
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, written(inner)]));
}

/** An entry of any table but the rules' as a resource. */
export function entryResource(kind: ConfigKind, name: string, spec: JsonObject): Resource {
  if (kind !== kinds.group) return plainResource(kind, name, spec);
  const mark = textOf(spec['description']);
  const refs = [{ kind: kinds.tag, name }];
  return { ...plainResource(kind, name, spec, refs), effect: roleOf(mark), ...servedBy(mark) };
}

export function ruleResource(owner: Owner, name: string, spec: JsonObject, position: number): Resource {
  const refs: ResourceKey[] = [
    // The tag of a group, too: an address with this tag is permitted by this rule.
    ...namesIn(spec['source']).flatMap((source) => {
      const tables = isTagName(owner, source) ? [kinds.group, kinds.tag] : [kinds.address];
      return tables.map((kind) => ({ kind, name: source }));
    }),
    ...namesIn(spec['destination']).map((to) => ({ kind: kinds.address, name: to })),
    ...namesIn(spec['service']).map((service) => ({ kind: kinds.service, name: service })),
  ];
  const effect = spec['action'] === 'allow' ? 'Accept' : 'Deny';
  return { kind: kinds.rule, name, spec, refs, effect, position, ...ownerIn(spec) };
}

/** Where a Panorama manages the firewall: has what it committed of ours arrived there? */
export function pushResources({ panorama }: Pick<PanosConfig, 'panorama'>, arrived = true): Resource[] {
  return panorama === undefined ? [] : [plainResource(kinds.push, panorama.firewall, { arrived })];
}

/** A rule of ours that is switched off, and so has no place. */
export function disabledRule(name: string, spec: JsonObject): Resource {
  return { ...plainResource(kinds.rule, disabledName(name), spec), disabled: true, ...ownerIn(spec) };
}

export function disabledName(name: string): string {
  return `#${name}`;
}

function ownerIn(spec: JsonObject): Pick<Resource, 'desiredId' | 'origin'> {
  const mark = textOf(spec['description']);
  return { ...servedBy(mark), ...originIn(mark) };
}

/** Names in a list, but for the word for everything. */
function namesIn(list: Json | undefined): readonly string[] {
  return Array.isArray(list) ? (list as readonly string[]).filter((name) => name !== 'any') : [];
}
