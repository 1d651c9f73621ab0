import type { Json, JsonObject } from '../../../src/core/model/json.ts';

/* Readers of what devices answer: what is absent or of another type is empty, and never an error. */

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** What is no object is one without fields. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** A text, or a number or a truth value as text; empty for anything else. */
export function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The objects in a list. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
}

/** Names in a list of texts, or of objects with a `name`. */
export function namesIn(value: Json | undefined): string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly Json[]).flatMap((row) => {
    const name = isObject(row) ? row['name'] : row;
    return typeof name === 'string' ? [name] : [];
  });
}

/** Fields that differ, of either object. */
export function changedFields(before: JsonObject, after: JsonObject): readonly string[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}
