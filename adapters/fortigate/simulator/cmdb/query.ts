import type { Field } from '../../../../kit/simulator/tables/fields.ts';
import { textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { canonical, type Json, type JsonObject } from '../../../../src/core/model/json.ts';
import { badRequest, outOfRange } from '../api/failure.ts';
import type { Row, TableSchema } from '../tables/schema.ts';
import { checksum } from './checksum.ts';
import { compare, filterOf } from './filter.ts';

export interface Listed {
  readonly results: readonly JsonObject[];
  /** Rows in the table. */
  readonly size: number;
  readonly matched: number;
  /** Index of the last row that was looked at. */
  readonly nextIndex: number;
}

/** What a GET on a table answers. Order: filter, sort, page, format. */
export function list(store: Tables<Row>, schema: TableSchema, query: URLSearchParams): Listed {
  const all = [...store.rows(schema.id).values()];
  const accepts = filterOf(schema, query);
  const matched = all.filter(accepts);
  const sorted = sort(matched, schema, query.get('sort'));
  const page = paged(sorted, query);
  return {
    results: page.map((row) => shown(store, schema, row, query)),
    size: all.length,
    matched: matched.length,
    nextIndex: Math.max(0, all.length - 1),
  };
}

function sort(rows: readonly Row[], schema: TableSchema, wanted: string | null): readonly Row[] {
  if (wanted === null) return rows;
  const [key = '', direction = 'asc'] = wanted.split(',');
  if (!Object.hasOwn(schema.fields, key)) return rows;
  const sign = direction === 'desc' ? -1 : 1;
  return rows.toSorted((a, b) => sign * compare(textAt(a, key), textAt(b, key)));
}

/** Refused when start or count is more than there is; everything when both together are, or make no sense. */
function paged(rows: readonly Row[], query: URLSearchParams): readonly Row[] {
  if (!query.has('start') && !query.has('count')) return rows;
  const start = whole(query.get('start') ?? '0');
  const count = whole(query.get('count') ?? String(rows.length - start));
  if (start > rows.length) throw outOfRange(String(start));
  if (count > rows.length) throw outOfRange(String(count));
  if (start < 0 || count < 0 || start + count > rows.length || (start === 0 && count === 0)) return rows;
  return rows.slice(start, start + count);
}

function whole(text: string): number {
  if (!/^-?\d+$/.test(text)) throw badRequest(`not a number: ${text}`);
  return Number(text);
}

/** One row as it is answered: key and keys of child rows repeated, with what the query asks for as well. */
export function shown(store: Tables<Row>, schema: TableSchema, row: Row, query: URLSearchParams): JsonObject {
  const asked = query.get('format')?.split('|') ?? [];
  const known = asked.length > 0 && asked.every((name) => Object.hasOwn(schema.fields, name));
  const omitDefaults = ['true', '1', 'enable'].includes(query.get('exclude-default-values') ?? '');
  const visible = Object.entries(row).filter(
    ([name, value]) =>
      (!known || asked.includes(name)) && (!omitDefaults || name === schema.mkey || isSet(value, schema.fields[name])),
  );
  return {
    ...Object.fromEntries(visible.map(([name, value]) => [name, withOrigin(schema.fields[name], value)])),
    q_origin_key: row[schema.mkey] ?? '',
    ...(flag(query, 'with_meta') ? meta(store, schema, row) : {}),
    ...(flag(query, 'with_contents_hash') ? { q_contents_hash: checksum(canonical(row)) } : {}),
  };
}

/** Lists are empty by default. */
function isSet(value: Json, field: Field | undefined): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== field?.default;
}

function withOrigin(field: Field | undefined, value: Json): Json {
  if (field?.kind !== 'rows') return value;
  return (value as readonly Row[]).map((row) => ({
    ...Object.fromEntries(Object.entries(row).map(([name, item]) => [name, withOrigin(field.fields?.[name], item)])),
    q_origin_key: row[field.key ?? 'name'] ?? '',
  }));
}

export function shownChildren(field: Field, children: readonly Row[]): readonly JsonObject[] {
  return withOrigin(field, children) as readonly JsonObject[];
}

function meta(store: Tables<Row>, schema: TableSchema, row: Row): JsonObject {
  const key = textAt(row, schema.mkey);
  return {
    q_ref: store.referrers(schema.id, key).length,
    q_static: false,
    q_no_rename: false,
    q_global_entry: false,
    q_type: schema.ordered ? 50 : 142,
    q_path: schema.path,
    q_name: schema.name,
    q_mkey_type: schema.mkey === 'policyid' ? 'integer' : 'string',
    q_no_edit: schema.fixed,
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  return ['1', 'true', 'enable'].includes(query.get(name) ?? '');
}
