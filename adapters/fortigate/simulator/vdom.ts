import { sorted, dumped } from '../../../kit/simulator/tables/dump.ts';
import { defaults } from '../../../kit/simulator/tables/fields.ts';
import type { Tables } from '../../../kit/simulator/tables/tables.ts';
import { canonical, type Json, type JsonObject } from '../../../src/core/model/json.ts';
import { completed } from './cmdb/write.ts';
import type { Feeds } from './packet/feeds.ts';
import type { Row, Schemas, TableSchema } from './tables/schema.ts';

/** The configuration of one virtual domain, and what its feeds hold. */
export interface Vdom {
  readonly name: string;
  readonly tables: Tables<Row>;
  readonly feeds: Feeds;
}

export function forkVdom({ name, tables, feeds }: Vdom): Vdom {
  return { name, tables: tables.fork(), feeds: feeds.fork() };
}

/**
 * Rows by table, and the content of feeds, without what the device makes up (ids, UUIDs) and without what it is
 * delivered with: equal configurations have equal dumps.
 */
export function dumpedVdom({ tables, feeds }: Vdom, schemas: Schemas): JsonObject {
  const content = feeds.names().map((name) => [name, feeds.entries(name).toSorted()] as const);
  return {
    ...dumped(tables, schemas.values(), (schema, row) => (isDelivered(schema, row) ? undefined : essence(row))),
    feeds: Object.fromEntries(content.toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function isDelivered(schema: TableSchema, row: Row): boolean {
  const given = schema.delivered.find((delivered) => delivered[schema.mkey] === row[schema.mkey]);
  if (given === undefined) return false;
  return (
    canonical(essence(row)) === canonical(essence(completed(schema, { ...defaults(schema.fields), ...given }, given)))
  );
}

function essence(row: Row): JsonObject {
  const kept = Object.entries(row).filter(([name]) => name !== 'uuid' && name !== 'policyid');
  return Object.fromEntries(
    kept.map(([name, value]) => [name, Array.isArray(value) ? sorted(value as readonly Json[]) : value]),
  );
}
