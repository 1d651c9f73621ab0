import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { badValue, duplicate, listExpected, nameless, tooLong, unknownProperty } from './failure.ts';
import { fieldOf, isObject, type Field, type Fields } from './schema.ts';

/** What answers carry beside the properties of an object: sent back, it is passed over. */
const decoration = new Set(['kind', 'selfLink', 'fullPath', 'generation', 'ruleNumber', 'uuid']);

export function isDecoration(name: string): boolean {
  return decoration.has(name) || name.endsWith('Reference');
}

/**
 * The fields after what the body says: what it does not name stays, a list is replaced as a whole, and what is cleared
 * is gone. Properties of an end of a rule are fields of their own: naming one leaves the others (a guess).
 *
 * @throws Failure
 */
export function written(fields: Fields, before: JsonObject, body: JsonObject): JsonObject {
  const after: Record<string, Json> = { ...before };
  for (const [name, value] of Object.entries(body)) {
    const field = fieldOf(fields, name);
    if (field === undefined) {
      if (isDecoration(name)) continue;
      throw unknownProperty(name);
    }
    const read = readValue(name, field, value, before[name]);
    if (read === undefined) Reflect.deleteProperty(after, name);
    else after[name] = read;
  }
  return after;
}

/** Undefined: cleared. */
function readValue(name: string, field: Field, value: Json, before: Json | undefined): Json | undefined {
  switch (field.kind) {
    case 'free':
      return value;
    case 'flag':
      if (typeof value !== 'boolean') throw badValue(name, value);
      return value;
    case 'number':
      return readNumber(name, field.range, value);
    case 'struct': {
      if (!isObject(value)) throw badValue(name, value);
      const after = written(field.fields, isObject(before) ? before : {}, value);
      return Object.keys(after).length === 0 ? undefined : after;
    }
    case 'names':
    case 'children':
    case 'paths':
    case 'words':
      return readList(name, field, value);
    default:
      return readText(name, field, value);
  }
}

function readNumber(name: string, [low, high]: readonly [number, number], value: Json): number {
  const given = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof given !== 'number' || !Number.isInteger(given) || given < low || given > high) {
    throw badValue(name, value);
  }
  return given;
}

type TextField = Extract<Field, { readonly kind: 'text' | 'option' | 'reference' }>;

function readText(name: string, field: TextField, value: Json): string | undefined {
  if (typeof value !== 'string') throw badValue(name, value);
  if (field.kind === 'option') {
    if (!field.options.includes(value)) throw badValue(name, value);
    return value;
  }
  if (value === '' || value === 'none') return undefined;
  if (field.kind === 'reference') return absolute(value);
  if (value.length > field.limit) throw tooLong(name, field.limit, value.length);
  const read = field.read === undefined ? value : field.read(value);
  if (read === undefined) throw badValue(name, value);
  return read;
}

type ListField = Extract<Field, { readonly kind: 'names' | 'children' | 'paths' | 'words' }>;

function readList(name: string, field: ListField, value: Json): Json | undefined {
  if (value === 'none') return undefined;
  if (!Array.isArray(value)) throw listExpected();
  const items = (value as readonly Json[]).map((item) => readItem(name, field, item));
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item)) throw duplicate(`${name} entry`, item, 'Common');
    seen.add(item);
  }
  if (items.length === 0) return undefined;
  if (field.kind !== 'names') return items;
  // The device sorts what it answers.
  return items.toSorted().map((item) => ({ name: item }));
}

/** The entry as one text: a name in the device's spelling, or a full path. */
function readItem(list: string, field: ListField, item: Json): string {
  if (field.kind === 'words' || field.kind === 'paths') {
    if (typeof item !== 'string' || item === '') throw badValue(list, item);
    if (field.kind === 'paths') return absolute(item);
    if (!field.options.includes(item)) throw badValue(list, item);
    return item;
  }
  // A bare string stands for its entry: the vendor's own client sends names so.
  const named = typeof item === 'string' ? { name: item } : item;
  if (!isObject(named) || typeof named['name'] !== 'string' || named['name'] === '') throw nameless();
  const known = field.kind === 'children' ? ['name', 'partition', 'subPath'] : ['name'];
  const unknown = Object.keys(named).find((key) => !known.includes(key) && !isDecoration(key));
  if (unknown !== undefined) throw unknownProperty(unknown);
  if (field.kind === 'children') return pathOf(named);
  const read = field.read(named['name']);
  if (read === undefined) throw badValue(list, named['name']);
  return read;
}

/** The full path that `{name, partition, subPath}` stands for. */
export function pathOf(row: JsonObject): string {
  const [name, partition = 'Common', subPath] = ['name', 'partition', 'subPath'].map((key) => {
    const value = row[key];
    if (value !== undefined && typeof value !== 'string') throw badValue(key, value);
    return value;
  });
  if (name === undefined || name === '') throw nameless();
  if (name.startsWith('/')) return name;
  return `/${partition}/${subPath === undefined || subPath === '' ? '' : `${subPath}/`}${name}`;
}

/** A bare name lives in /Common. */
export function absolute(name: string): string {
  return name.startsWith('/') ? name : `/Common/${name}`;
}
