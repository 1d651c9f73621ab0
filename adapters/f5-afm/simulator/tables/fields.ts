import { fieldKinds, written, type Dialect, type Field, type Fields } from '../../../../kit/simulator/tables/fields.ts';
import { isObject } from '../../../../kit/simulator/tables/rows.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { badValue, duplicate, listExpected, nameless, tooLong, unknownProperty } from '../api/failure.ts';

/** What answers carry beside the properties of an object: sent back, it is passed over. */
const decoration = new Set(['kind', 'selfLink', 'fullPath', 'generation', 'ruleNumber', 'uuid']);

export function isDecoration(name: string): boolean {
  return decoration.has(name) || name.endsWith('Reference');
}

const dialect: Dialect = {
  textOf: (value) => (typeof value === 'string' ? value : undefined),
  sizeOf: (text) => text.length,
  clears: (text) => text === '' || text === 'none',
  unknown: (name) => (isDecoration(name) ? undefined : unknownProperty(name)),
  wrongType: badValue,
  wrongNumber: badValue,
  notAnOption: badValue,
  outOfRange: badValue,
  tooLong: (name, size, limit) => tooLong(name, limit, size),
};
const kinds = fieldKinds(dialect);

export const { flag, free, number, struct } = kinds;
/** @param spelling the device's spelling; undefined for what it refuses */
export const text = (size = 65_520, spelling = (value: string): string | undefined => value): Field =>
  kinds.text('text', spelling, { size });
export const option = (...options: readonly string[]): Field => kinds.option(options);
/** The full path of one object of these collections. */
export const reference = (...to: readonly string[]): Field => kinds.text('reference', absolute, { to });
/** `[{"name": "10.0.0.1"}]`; `spelling` gives the device's, or undefined for what it refuses. */
export const names = (spelling: (name: string) => string | undefined): Field =>
  list('names', {}, (item, field) => {
    const { name } = named(item, ['name']);
    const spelled = spelling(name);
    if (spelled === undefined) throw badValue(field, name);
    return spelled;
  });
/** `[{"name": "x", "partition": "P"}]`: nested lists. */
export const children = (...to: readonly string[]): Field =>
  list('children', { to }, (item) => pathOf(named(item, ['name', 'partition', 'subPath'])));
/** `["/P/x"]`: what a rule refers to. */
export const paths = (...to: readonly string[]): Field =>
  list('paths', { to }, (item, field) => absolute(word(item, field)));
export const words = (...options: readonly string[]): Field =>
  list('words', { options }, (item, field) => {
    if (!options.includes(word(item, field))) throw badValue(field, item);
    return word(item, field);
  });

function list(kind: string, more: Partial<Field>, read: (item: Json, field: string) => string): Field {
  return {
    kind,
    ...more,
    read: (value, { name }) => {
      if (value === 'none') return undefined;
      if (!Array.isArray(value)) throw listExpected();
      const items = (value as readonly Json[]).map((item) => read(item, name));
      const seen = new Set<string>();
      const repeated = items.find((item) => seen.size === seen.add(item).size);
      if (repeated !== undefined) throw duplicate(`${name} entry`, repeated, 'Common');
      if (items.length === 0) return undefined;
      // The device sorts what it answers.
      return kind === 'names' ? items.toSorted().map((item) => ({ name: item })) : items;
    },
  };
}

function word(item: Json, field: string): string {
  if (typeof item !== 'string' || item === '') throw badValue(field, item);
  return item;
}

/** A bare string stands for its entry: the vendor's own client sends names so. */
function named(item: Json, known: readonly string[]): JsonObject & { readonly name: string } {
  const row = typeof item === 'string' ? { name: item } : item;
  if (!isObject(row) || typeof row['name'] !== 'string' || row['name'] === '') throw nameless();
  const unknown = Object.keys(row).find((key) => !known.includes(key) && !isDecoration(key));
  if (unknown !== undefined) throw unknownProperty(unknown);
  return { ...row, name: row['name'] };
}

/**
 * The fields after what the body says: what it does not name stays, a list is replaced as a whole, and what is cleared
 * is gone. Properties of an end of a rule are fields of their own: naming one leaves the others (a guess).
 *
 * @throws Failure
 */
export function readFields(fields: Fields, before: JsonObject, body: JsonObject): JsonObject {
  return written(fields, before, body, dialect);
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
