import { createHash } from 'node:crypto';
import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import {
  badRequest,
  dangling,
  duplicate,
  emptyValue,
  full,
  inUse,
  missingInDatasource,
  notAllowed,
  notFound,
  unexpected,
} from './failure.ts';
import type { Profile } from './profile.ts';
import { unresolvedName } from './references.ts';
import { scalar, type Row } from './row.ts';
import type { CheckContext, Schemas, TableSchema } from './schema.ts';
import type { Store } from './store.ts';
import { defaults, readAttributes, type ValueRules } from './values.ts';

/** The tables one request works on, and the rules of the device they are in. */
export interface Workspace {
  readonly store: Store;
  readonly schemas: Schemas;
  readonly profile: Profile;
  readonly rules: ValueRules;
}

/** What a write did: the entry concerned, and whether anything is different now. */
export interface Written {
  readonly mkey: string | number;
  readonly changed: boolean;
}

export function create(work: Workspace, schema: TableSchema, body: JsonObject): Written {
  refuseFixed(schema);
  const given = readAttributes(schema.fields, body, work.rules);
  const { store } = work;
  const key = newKey(store, schema, given);
  if (store.has(schema.id, key)) throw duplicate(key);
  if (store.rows(schema.id).size >= schema.limit) throw full(schema.id);
  const identified = 'uuid' in schema.fields ? { uuid: generatedUuid(store, schema, key) } : {};
  const mkey = schema.mkey === 'policyid' ? Number(key) : key;
  const row = { ...defaults(schema.fields), ...identified, ...given, [schema.mkey]: mkey };
  verify(work, schema, row, { key, given, creating: true });
  store.put(schema.id, key, row);
  return { mkey, changed: true };
}

/** Changes the attributes that were sent; a list that is sent replaces the whole list. */
export function update(work: Workspace, schema: TableSchema, key: string, body: JsonObject): Written {
  refuseFixed(schema);
  const before = work.store.get(schema.id, key);
  if (before === undefined) throw notFound();
  const given = readAttributes(schema.fields, body, work.rules);
  const sentKey = given[schema.mkey];
  if (sentKey !== undefined && scalar(sentKey) !== key) throw unexpected(schema.mkey);
  return replace(work, schema, key, before, given);
}

export function remove(work: Workspace, schema: TableSchema, key: string): Written {
  refuseFixed(schema);
  const { store } = work;
  if (!store.has(schema.id, key)) throw notFound();
  const referrers = store.referrers(schema.id, key);
  if (referrers.length > 0) throw inUse(referrers.length);
  store.remove(schema.id, key);
  return { mkey: key, changed: true };
}

export function clone(work: Workspace, schema: TableSchema, key: string, newName: string): Written {
  refuseFixed(schema);
  const source = work.store.get(schema.id, key);
  if (source === undefined) throw notFound();
  const { uuid: _uuid, ...rest } = source;
  const named = schema.mkey === 'policyid' ? { ...rest, name: '' } : rest;
  return create(work, schema, withoutReadOnly(schema, { ...named, [schema.mkey]: newName }));
}

export function move(
  work: Workspace,
  schema: TableSchema,
  key: string,
  place: { readonly before?: string; readonly after?: string },
): Written {
  if (!schema.ordered) throw badRequest('invalid request: action move is not supported');
  const { store } = work;
  const anchor = place.before ?? place.after;
  if (!store.has(schema.id, key)) throw notFound();
  if (anchor === undefined || (place.before !== undefined && place.after !== undefined)) {
    throw badRequest('invalid request: before or after');
  }
  if (!store.has(schema.id, anchor)) throw missingInDatasource(anchor);
  const present = [...store.rows(schema.id).keys()];
  const others = present.filter((other) => other !== key);
  const at = anchor === key ? present.indexOf(key) : others.indexOf(anchor) + (place.after === undefined ? 0 : 1);
  const ordered = others.toSpliced(at, 0, key);
  const changed = ordered.some((other, index) => other !== present[index]);
  if (changed) store.reorder(schema.id, ordered);
  return { mkey: key, changed };
}

/** Puts some attributes over those that an entry has. */
export function replace(work: Workspace, schema: TableSchema, key: string, before: Row, given: Row): Written {
  const row = { ...before, ...given };
  const changed = canonical(row) !== canonical(before);
  verify(work, schema, row, { key, given, creating: false });
  if (changed) work.store.put(schema.id, key, row);
  return { mkey: before[schema.mkey] as string | number, changed };
}

function verify(
  work: Workspace,
  schema: TableSchema,
  row: Row,
  about: Pick<CheckContext, 'key' | 'given' | 'creating'>,
): void {
  const sent = about.creating ? row : about.given;
  const missing = unresolvedName(schema, sent, work.store);
  if (missing !== undefined) throw dangling(missing);
  schema.check(row, { store: work.store, profile: work.profile, ...about });
}

function newKey(store: Store, schema: TableSchema, given: Row): string {
  const value = given[schema.mkey];
  if (schema.mkey !== 'policyid') {
    if (value === undefined || value === '') throw emptyValue(schema.mkey);
    return scalar(value);
  }
  if (value !== undefined && value !== 0) return scalar(value);
  let last = 0;
  for (const key of store.rows(schema.id).keys()) last = Math.max(last, Number(key));
  return String(last + 1);
}

function refuseFixed(schema: TableSchema): void {
  if (schema.fixed) throw notAllowed();
}

function withoutReadOnly(schema: TableSchema, row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => schema.fields[name]?.readOnly !== true));
}

/** Random enough to differ whenever an entry is made anew, and the same in every run. */
function generatedUuid(store: Store, schema: TableSchema, key: string): string {
  const seed = `${schema.id}/${key}/${store.changes(schema.id)}`;
  const hex = createHash('sha256').update(seed).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
