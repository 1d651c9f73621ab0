import { createHash } from 'node:crypto';
import { defaults } from '../../../../kit/simulator/tables/fields.ts';
import { scalar, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { canonical, type JsonObject } from '../../../../src/core/model/json.ts';
import * as failure from '../api/failure.ts';
import type { Feeds } from '../packet/feeds.ts';
import type { Profile } from '../profile.ts';
import { readAttributes } from '../tables/fields.ts';
import type { CheckContext, Row, Schemas, TableSchema } from '../tables/schema.ts';

/** The tables one request works on, and the rules of the device they are in. */
export interface Workspace {
  readonly store: Tables<Row>;
  readonly feeds: Feeds;
  readonly schemas: Schemas;
  readonly profile: Profile;
  /** See `Device.refused`. */
  readonly refused: ReadonlySet<string>;
}

/** What a write did: the entry concerned, and whether anything is different now. */
export interface Written {
  readonly mkey: string | number;
  readonly changed: boolean;
}

export function create(work: Workspace, schema: TableSchema, body: JsonObject): Written {
  refuseWrite(work, schema, body);
  const given = readAttributes(schema.fields, body);
  const { store } = work;
  const key = newKey(store, schema, given);
  if (store.has(schema.id, key)) throw failure.duplicate(key);
  if (store.rows(schema.id).size >= schema.limit) throw failure.full(schema.id);
  const identified = 'uuid' in schema.fields ? { uuid: generatedUuid(store, schema, key) } : {};
  const mkey = schema.mkey === 'policyid' ? Number(key) : key;
  const row = completed(schema, { ...defaults(schema.fields), ...identified, ...given, [schema.mkey]: mkey }, given);
  verify(work, schema, row, { key, given, creating: true });
  store.put(schema.id, key, row);
  return { mkey, changed: true };
}

/** Changes the attributes that were sent; a list that is sent replaces the whole list. */
export function update(work: Workspace, schema: TableSchema, key: string, body: JsonObject): Written {
  const before = existing(work, schema, key);
  const given = readAttributes(schema.fields, body);
  const sentKey = given[schema.mkey];
  if (sentKey !== undefined && scalar(sentKey) !== key) throw failure.unexpected(schema.mkey);
  return replace(work, schema, key, before, given);
}

export function remove(work: Workspace, schema: TableSchema, key: string): Written {
  existing(work, schema, key);
  const referrers = work.store.referrers(schema.id, key);
  if (referrers.length > 0) throw failure.inUse(referrers.length);
  work.store.remove(schema.id, key);
  if (schema.id === 'system/external-resource') work.feeds.drop(key);
  return { mkey: key, changed: true };
}

export function clone(work: Workspace, schema: TableSchema, key: string, newName: string): Written {
  const { uuid: _uuid, ...rest } = existing(work, schema, key);
  const named = schema.mkey === 'policyid' ? { ...rest, name: '' } : rest;
  return create(work, schema, { ...named, [schema.mkey]: newName });
}

export function move(
  work: Workspace,
  schema: TableSchema,
  key: string,
  place: { readonly before?: string; readonly after?: string },
): Written {
  if (!schema.ordered) throw failure.badRequest('invalid request: action move is not supported');
  const { store } = work;
  const anchor = place.before ?? place.after;
  existing(work, schema, key);
  if (anchor === undefined || (place.before !== undefined && place.after !== undefined)) {
    throw failure.badRequest('invalid request: before or after');
  }
  if (!store.has(schema.id, anchor)) throw failure.missingInDatasource(anchor);
  const present = [...store.rows(schema.id).keys()];
  const others = present.filter((other) => other !== key);
  const at = anchor === key ? present.indexOf(key) : others.indexOf(anchor) + (place.after === undefined ? 0 : 1);
  const ordered = others.toSpliced(at, 0, key);
  const changed = ordered.some((other, index) => other !== present[index]);
  if (changed) store.reorder(schema.id, ordered);
  return { mkey: key, changed };
}

/** The entry that is to be written to. @throws Failure where there is none, or it may not be written to */
export function existing(work: Workspace, schema: TableSchema, key: string): Row {
  const row = work.store.get(schema.id, key);
  refuseWrite(work, schema, row ?? {});
  if (row === undefined) throw failure.notFound();
  return row;
}

/** Puts some attributes over those that an entry has. */
export function replace(work: Workspace, schema: TableSchema, key: string, before: Row, given: Row): Written {
  const row = completed(schema, { ...before, ...given }, given);
  const changed = canonical(row) !== canonical(before);
  verify(work, schema, row, { key, given, creating: false });
  if (changed) work.store.put(schema.id, key, row);
  return { mkey: before[schema.mkey] as string | number, changed };
}

/** A row with what follows from what was written to it, as far as this version has the fields. */
export function completed({ follows, fields }: TableSchema, row: Row, given: Row): Row {
  return { ...row, ...Object.fromEntries(Object.entries(follows(row, given)).filter(([field]) => field in fields)) };
}

function verify(
  { store, profile }: Workspace,
  schema: TableSchema,
  row: Row,
  about: Pick<CheckContext, 'key' | 'given' | 'creating'>,
): void {
  const missing = store.dangling(schema.id, about.creating ? row : about.given);
  if (missing !== undefined) throw failure.dangling(missing.key);
  schema.check(row, { store, profile, ...about });
}

function newKey(store: Tables<Row>, schema: TableSchema, given: Row): string {
  const value = given[schema.mkey];
  if (schema.mkey !== 'policyid') {
    if (value === undefined || value === '') throw failure.emptyValue(schema.mkey);
    return scalar(value);
  }
  if (value !== undefined && value !== 0) return scalar(value);
  let last = 0;
  for (const key of store.rows(schema.id).keys()) last = Math.max(last, Number(key));
  return String(last + 1);
}

/** Policies go by their name here, too. */
function refuseWrite({ refused }: Workspace, schema: TableSchema, row: JsonObject): void {
  if (schema.fixed) throw failure.notAllowed();
  if (refused.has(`${schema.id} ${textAt(row, 'name')}`)) throw failure.refused();
}

/** Random enough to differ whenever an entry is made again, and the same in every run. */
function generatedUuid(store: Tables<Row>, schema: TableSchema, key: string): string {
  const seed = `${schema.id}/${key}/${store.changes(schema.id)}`;
  const hex = createHash('sha256').update(seed).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-');
}
