import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import type { Row } from './row.ts';
import type { Field, Schemas, TableSchema } from './schema.ts';
import type { Store } from './store.ts';
import { defaults } from './values.ts';

export function dumped(vdoms: ReadonlyMap<string, Store>, schemas: Schemas): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries([...vdoms].map(([name, store]) => [name, dumpedVdom(store, schemas)]));
}

function dumpedVdom(store: Store, schemas: Schemas): JsonObject {
  const tables = [...schemas.values()].flatMap((schema) => {
    const rows = [...store.rows(schema.id).values()].filter((row) => !isDelivered(schema, row));
    const shown = rows.map((row) => essence(schema, row));
    if (!schema.ordered) shown.sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
    return shown.length === 0 ? [] : [[schema.id, shown] as const];
  });
  const feeds = [...store.feeds()].map(([name, feed]) => [name, feed.entries().toSorted()] as const);
  return {
    ...Object.fromEntries(tables),
    feeds: Object.fromEntries(feeds.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function isDelivered(schema: TableSchema, row: Row): boolean {
  const given = schema.delivered.find((delivered) => delivered[schema.mkey] === row[schema.mkey]);
  if (given === undefined) return false;
  return canonical(essence(schema, row)) === canonical(essence(schema, { ...defaults(schema.fields), ...given }));
}

/** A row without what the device made up; the members of a set in one order. */
function essence(schema: TableSchema, row: Row): JsonObject {
  const kept = Object.entries(row).filter(([name]) => name !== 'uuid' && name !== 'policyid');
  return Object.fromEntries(kept.map(([name, value]) => [name, sorted(schema.fields[name], value)]));
}

function sorted(field: Field | undefined, value: Json): Json {
  if (field?.kind !== 'rows') return value;
  return (value as readonly Json[]).toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}
