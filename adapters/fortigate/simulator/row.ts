import type { Json, JsonObject } from '../../../src/core/model/json.ts';

/** One row of a table: every field, defaults included, in the form in which the device answers it. */
export type Row = JsonObject;

/** A single value as text; empty for what is absent or not single. */
export function scalar(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function textAt(row: Row, field: string): string {
  return scalar(row[field]);
}

/** The rows of a child table, or of any list of objects. */
export function childrenAt(row: Row, field: string): readonly Row[] {
  const value: Json | undefined = row[field];
  return Array.isArray(value) ? (value as readonly Row[]) : [];
}

/** The names in a list such as `member` or `srcaddr`. */
export function namesAt(row: Row, field: string): readonly string[] {
  return childrenAt(row, field).map((child) => textAt(child, 'name'));
}
