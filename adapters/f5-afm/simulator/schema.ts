import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Entry } from './store.ts';

/** One property of an object, and what may be written to it. */
export type Field =
  | {
      readonly kind: 'text';
      readonly limit: number;
      /** The device's spelling; undefined for what it refuses. */
      readonly read?: (value: string) => string | undefined;
    }
  | { readonly kind: 'option'; readonly options: readonly string[] }
  /** Digits arrive and leave as a number. */
  | { readonly kind: 'number'; readonly range: readonly [number, number] }
  | { readonly kind: 'flag' }
  /** The full path of one object of these collections. */
  | { readonly kind: 'reference'; readonly to: readonly string[] }
  /** `[{"name": "10.0.0.1"}]`; `read` gives the device's spelling, or undefined for what it refuses. */
  | { readonly kind: 'names'; readonly read: (name: string) => string | undefined }
  /** `[{"name": "x", "partition": "P"}]`: nested lists. */
  | { readonly kind: 'children'; readonly to: readonly string[] }
  /** `["/P/x"]`: what a rule refers to. */
  | { readonly kind: 'paths'; readonly to: readonly string[] }
  | { readonly kind: 'words'; readonly options: readonly string[] }
  | { readonly kind: 'struct'; readonly fields: Fields }
  /** Taken as it is: of no meaning here. */
  | { readonly kind: 'free' };
export type Fields = Readonly<Record<string, Field>>;

/** A kind of object: where it lives, what it is called, and what it is made of. */
export interface Schema {
  /** `/security/firewall/address-list`. */
  readonly path: string;
  /** As in messages: `Firewall Address List`. */
  readonly title: string;
  readonly fields: Fields;
  /** Filled in where nothing was given. */
  readonly defaults: JsonObject;
  /** `partition`: lives in a folder. `global`: in none. `singleton`: there is exactly one. */
  readonly scope: 'partition' | 'global' | 'singleton';
  /** The fields of its ordered rules. */
  readonly rules?: { readonly fields: Fields; readonly defaults: JsonObject };
  readonly delivered: readonly JsonObject[];
  /** Whether it holds together in itself. @throws Failure. */
  readonly check?: (entry: Entry) => void;
}
export type Schemas = ReadonlyMap<string, Schema>;

export const text = (limit = 65_520, check?: (value: string) => boolean): Field =>
  check === undefined
    ? { kind: 'text', limit }
    : { kind: 'text', limit, read: (value) => (check(value) ? value : undefined) };
export const option = (...options: readonly string[]): Field => ({ kind: 'option', options });
export const number = (low: number, high: number): Field => ({ kind: 'number', range: [low, high] });
export const flag: Field = { kind: 'flag' };
export const free: Field = { kind: 'free' };
export const words = (...options: readonly string[]): Field => ({ kind: 'words', options });
export const reference = (...to: readonly string[]): Field => ({ kind: 'reference', to });
export const children = (...to: readonly string[]): Field => ({ kind: 'children', to });
export const paths = (...to: readonly string[]): Field => ({ kind: 'paths', to });
export const names = (read: (name: string) => string | undefined): Field => ({ kind: 'names', read });
export const struct = (fields: Fields): Field => ({ kind: 'struct', fields });

export function schema(path: string, title: string, more: Partial<Omit<Schema, 'path' | 'title'>>): Schema {
  return { path, title, fields: {}, defaults: {}, scope: 'partition', delivered: [], ...more };
}

/** A field by name, without what every object inherits. */
export function fieldOf(fields: Fields, name: string): Field | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

export function textAt(row: JsonObject, name: string): string {
  const value: Json | undefined = row[name];
  return typeof value === 'string' ? value : '';
}

export function objectAt(row: JsonObject, name: string): JsonObject {
  const value: Json | undefined = row[name];
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The names in a list of `{name}`. */
export function namesAt(row: JsonObject, name: string): readonly string[] {
  const value: Json | undefined = row[name];
  return Array.isArray(value) ? (value as readonly JsonObject[]).map((child) => textAt(child, 'name')) : [];
}

/** The strings in a list of strings. */
export function textsAt(row: JsonObject, name: string): readonly string[] {
  const value: Json | undefined = row[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
