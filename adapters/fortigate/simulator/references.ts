import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { scalar, textAt, type Row } from './row.ts';
import type { Field, Schemas, TableSchema } from './schema.ts';

/** Who names whom: one entry of one table. */
export interface EntryKey {
  readonly table: string;
  readonly key: string;
}

export interface Rows {
  has(table: string, key: string): boolean;
}

/** The names that a field's value mentions. */
function namesIn(field: Field, value: Json | undefined): readonly string[] {
  if (field.datasource === undefined || value === undefined) return [];
  if (field.kind !== 'rows') return value === '' ? [] : [scalar(value)];
  return (value as readonly JsonObject[]).map((row) => textAt(row, field.mkey ?? 'name'));
}

/** The table that a name is found in: the first of the field's that holds it. */
export function resolve(field: Field, name: string, rows: Rows): string | undefined {
  return field.datasource?.find((table) => rows.has(table, name));
}

export function unresolvedName(schema: TableSchema, row: Row, rows: Rows): string | undefined {
  for (const [name, field] of Object.entries(schema.fields)) {
    const missing = namesIn(field, row[name]).find(
      (mentioned) => resolve(field, mentioned, rows) === undefined && mentioned !== field.default,
    );
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** Who refers to an entry, kept up to date row by row. */
export class ReferenceIndex {
  readonly #schemas: Schemas;
  readonly #rows: Rows;
  readonly #targets = new Map<string, readonly string[]>();
  readonly #referrers = new Map<string, Map<string, EntryKey>>();

  constructor(schemas: Schemas, rows: Rows) {
    this.#schemas = schemas;
    this.#rows = rows;
  }

  put(table: string, key: string, row: Row): void {
    this.remove(table, key);
    const schema = this.#schemas.get(table);
    if (schema === undefined) return;
    const targets = targetsOf(schema, row, this.#rows);
    if (targets.length === 0) return;
    const own = idOf(table, key);
    this.#targets.set(own, targets);
    for (const target of targets) {
      const referrers = this.#referrers.get(target) ?? new Map<string, EntryKey>();
      referrers.set(own, { table, key });
      this.#referrers.set(target, referrers);
    }
  }

  remove(table: string, key: string): void {
    const own = idOf(table, key);
    for (const target of this.#targets.get(own) ?? []) this.#referrers.get(target)?.delete(own);
    this.#targets.delete(own);
  }

  referrers(table: string, key: string): readonly EntryKey[] {
    return [...(this.#referrers.get(idOf(table, key))?.values() ?? [])];
  }
}

function targetsOf(schema: TableSchema, row: Row, rows: Rows): readonly string[] {
  return Object.entries(schema.fields).flatMap(([name, field]) =>
    namesIn(field, row[name]).flatMap((mentioned) => {
      const table = resolve(field, mentioned, rows);
      return table === undefined ? [] : [idOf(table, mentioned)];
    }),
  );
}

function idOf(table: string, key: string): string {
  return `${table}\n${key}`;
}
