import type { Json, JsonObject } from '../../../src/core/model/json.ts';

/* Reading rows: one field as the type that is expected there, and empty where it is absent or something else. */

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A single value as text. */
export function scalar(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function textAt(row: JsonObject, field: string): string {
  return scalar(row[field]);
}

export function objectAt(row: JsonObject, field: string): JsonObject {
  const value: Json | undefined = row[field];
  return isObject(value) ? value : {};
}

export function listAt(row: JsonObject, field: string): readonly Json[] {
  const value: Json | undefined = row[field];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The strings in a list of strings. */
export function textsAt(row: JsonObject, field: string): readonly string[] {
  return listAt(row, field).map(scalar);
}

/** The objects in a list of objects. */
export function objectsAt(row: JsonObject, field: string): readonly JsonObject[] {
  return listAt(row, field).filter(isObject);
}

/** The names in a list of `{name}`. */
export function namesAt(row: JsonObject, field: string): readonly string[] {
  return listAt(row, field).map((item) => (isObject(item) ? textAt(item, 'name') : ''));
}
