import type { Json, JsonObject } from '../../src/core/model/json.ts';

/** A list of objects; none where there is nothing. Its type was checked when the request was taken. */
export function objects(value: Json | undefined): readonly JsonObject[] {
  return (value ?? []) as readonly JsonObject[];
}

/** A list of texts; none where there is nothing. Its type was checked when the request was taken. */
export function texts(value: Json | undefined): readonly string[] {
  return (value ?? []) as readonly string[];
}

/** A scalar as text; empty for anything else. */
export function text(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
