import { listAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Field } from '../../../../kit/simulator/tables/fields.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { duplicate, full, missingInDatasource, notAllowed, notFound } from '../api/failure.ts';
import { childKey, readAttributes, readChild } from '../tables/fields.ts';
import type { Row, TableSchema } from '../tables/schema.ts';
import { existing, replace, type Workspace, type Written } from './write.ts';

/* Child tables such as the members of a group, row by row: nothing else of the entry is sent or touched. */

/** The child table of one entry. */
export interface ChildTable {
  readonly schema: TableSchema;
  readonly key: string;
  readonly child: string;
}

export function addChild(work: Workspace, at: ChildTable, body: JsonObject): Written {
  const { field, present, write } = opened(work, at);
  const added = readChild(at.child, field, body);
  const key = childKey(field, added);
  if (present.some((row) => childKey(field, row) === key)) throw duplicate(key);
  if (field.to?.some((table) => work.store.has(table, key)) === false) throw missingInDatasource(key);
  if (field.limit !== undefined && present.length >= field.limit) throw full(at.child);
  return write([...present, added], key);
}

export function updateChild(work: Workspace, at: ChildTable, key: string, body: JsonObject): Written {
  const { field, present, write } = opened(work, at);
  const fields = field.fields ?? {};
  // A row that is nothing but its name cannot be changed.
  if (Object.keys(fields).length < 2) throw notAllowed();
  const index = present.findIndex((row) => childKey(field, row) === key);
  const old = present[index];
  if (old === undefined) throw notFound();
  return write(present.with(index, { ...old, ...readAttributes(fields, body) }), key);
}

export function removeChild(work: Workspace, at: ChildTable, key: string): Written {
  const { field, present, write } = opened(work, at);
  const rest = present.filter((row) => childKey(field, row) !== key);
  if (rest.length === present.length) throw notFound();
  return write(rest, key);
}

/** @throws Failure where the entry has no such child table */
export function childrenOf(
  row: Row | undefined,
  { schema, child }: ChildTable,
): { readonly field: Field; readonly present: readonly Row[] } {
  const field = Object.hasOwn(schema.fields, child) ? schema.fields[child] : undefined;
  if (row === undefined || field?.kind !== 'rows') throw notFound();
  return { field, present: listAt(row, child) as readonly Row[] };
}

function opened(work: Workspace, at: ChildTable) {
  const before = existing(work, at.schema, at.key);
  const write = (rows: readonly Row[], mkey: string): Written => ({
    ...replace(work, at.schema, at.key, before, { [at.child]: rows }),
    mkey,
  });
  return { ...childrenOf(before, at), write };
}
