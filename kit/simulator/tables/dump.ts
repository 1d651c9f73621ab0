import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import type { Tables } from './tables.ts';

/**
 * The tables that hold anything, for byte-for-byte comparison: in order where order decides, sorted elsewhere.
 *
 * @param essence a row without what the device makes up; undefined for a row that it is delivered with
 */
export function dumped<Row, Schema extends { readonly id: string; readonly ordered?: boolean }>(
  tables: Tables<Row>,
  schemas: Iterable<Schema>,
  essence: (schema: Schema, row: Row) => JsonObject | undefined,
): Readonly<Record<string, readonly JsonObject[]>> {
  const shown = [...schemas].flatMap((schema) => {
    const rows = [...tables.rows(schema.id).values()].flatMap((row): readonly JsonObject[] =>
      [essence(schema, row) ?? []].flat(),
    );
    if (rows.length === 0) return [];
    return [[schema.id, schema.ordered === true ? rows : sorted(rows)] as const];
  });
  return Object.fromEntries(shown);
}

/** A set as a list: in the order of its members' canonical text. */
export function sorted<T extends Json>(set: readonly T[]): readonly T[] {
  return set.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}
