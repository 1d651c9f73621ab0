import type { JsonObject } from '../../../src/core/model/json.ts';
import { duplicate, full, missingInDatasource, notAllowed, notFound } from './failure.ts';
import { resolve } from './references.ts';
import type { Row } from './row.ts';
import type { TableSchema } from './schema.ts';
import { childKey, readAttributes, readChild } from './values.ts';
import { replace, type Workspace, type Written } from './write.ts';

/* Child tables such as the members of a group, row by row: nothing else of the entry is sent or touched. */

export function addChild(
  work: Workspace,
  schema: TableSchema,
  at: { readonly key: string; readonly child: string },
  body: JsonObject,
): Written {
  const { before, field, present } = childrenOf(work, schema, at);
  const added = readChild(at.child, field, body, work.rules);
  const key = childKey(field, added);
  if (present.some((row) => childKey(field, row) === key)) throw duplicate(key);
  if (field.datasource !== undefined && resolve(field, key, work.store) === undefined) throw missingInDatasource(key);
  if (field.limit !== undefined && present.length >= field.limit) throw full(at.child, work.rules.memberOverflowCode);
  return { ...replace(work, schema, at.key, before, { [at.child]: [...present, added] }), mkey: key };
}

export function updateChild(
  work: Workspace,
  schema: TableSchema,
  at: { readonly key: string; readonly child: string; readonly childKey: string },
  body: JsonObject,
): Written {
  const { before, field, present } = childrenOf(work, schema, at);
  // A row that is nothing but its name cannot be changed.
  if (Object.keys(field.fields ?? {}).length < 2) throw notAllowed();
  const index = present.findIndex((row) => childKey(field, row) === at.childKey);
  const old = present[index];
  if (old === undefined) throw notFound();
  const changed = { ...old, ...readAttributes(field.fields ?? {}, body, work.rules) };
  const rows = present.with(index, changed);
  return { ...replace(work, schema, at.key, before, { [at.child]: rows }), mkey: at.childKey };
}

export function removeChild(
  work: Workspace,
  schema: TableSchema,
  at: { readonly key: string; readonly child: string; readonly childKey: string },
): Written {
  const { before, field, present } = childrenOf(work, schema, at);
  const rest = present.filter((row) => childKey(field, row) !== at.childKey);
  if (rest.length === present.length) throw notFound();
  return { ...replace(work, schema, at.key, before, { [at.child]: rest }), mkey: at.childKey };
}

export function childrenOf(
  work: Pick<Workspace, 'store'>,
  schema: TableSchema,
  at: { readonly key: string; readonly child: string },
): { readonly before: Row; readonly field: TableSchema['fields'][string]; readonly present: readonly Row[] } {
  const before = work.store.get(schema.id, at.key);
  const field = Object.hasOwn(schema.fields, at.child) ? schema.fields[at.child] : undefined;
  if (before === undefined || field?.kind !== 'rows') throw notFound();
  return { before, field, present: before[at.child] as readonly Row[] };
}
