import { createHash } from 'node:crypto';
import { canonical } from '../../../src/core/model/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { badRequest, outOfRange } from './failure.ts';
import type { Field, TableSchema } from './schema.ts';
import type { Row } from './row.ts';
import type { Store } from './store.ts';
import { scalar, textAt } from './row.ts';

export interface Listed {
  readonly results: readonly JsonObject[];
  /** Rows in the table. */
  readonly size: number;
  readonly matched: number;
  /** Index of the last row that was looked at. */
  readonly nextIndex: number;
}

/** What a GET on a table answers. Order: filter, sort, page, format. */
export function list(store: Store, schema: TableSchema, query: URLSearchParams): Listed {
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

type Test = (row: Row) => boolean;

function filterOf(schema: TableSchema, query: URLSearchParams): Test {
  const tests = query.getAll('filter').map((filter) => filterTest(filter));
  const key = query.get('key');
  const pattern = query.get('pattern');
  if (key !== null && pattern !== null) tests.push((row) => scalar(row[key] ?? '') === pattern);
  const names = query.get('primary_keys');
  if (names !== null) {
    const wanted = new Set(names.split('|'));
    tests.push((row) => wanted.has(textAt(row, schema.mkey)));
  }
  return (row) => tests.every((test) => test(row));
}

const operators: Readonly<Record<string, (value: string, pattern: string) => boolean>> = {
  '==': (value, pattern) => value === pattern,
  '!=': (value, pattern) => value !== pattern,
  '=*': (value, pattern) => value.toLowerCase() === pattern.toLowerCase(),
  '!*': (value, pattern) => value.toLowerCase() !== pattern.toLowerCase(),
  '=@': (value, pattern) => value.toLowerCase().includes(pattern.toLowerCase()),
  '!@': (value, pattern) => !value.toLowerCase().includes(pattern.toLowerCase()),
  '<=': (value, pattern) => compare(value, pattern) <= 0,
  '>=': (value, pattern) => compare(value, pattern) >= 0,
  '<': (value, pattern) => compare(value, pattern) < 0,
  '>': (value, pattern) => compare(value, pattern) > 0,
};

/** `key<op>pattern[,key<op>pattern]`: alternatives of one key and one operator. */
function filterTest(filter: string): Test {
  const head = /^([A-Za-z0-9_.-]+?)(==|!=|=\*|!\*|=@|!@|<=|>=|<|>)/.exec(filter);
  const [, key = '', operator = ''] = head ?? [];
  const test = operators[operator];
  if (head === null || test === undefined) throw badRequest(`invalid filter: ${filter}`);
  const start = `${key}${operator}`;
  const patterns = alternatives(filter.slice(start.length)).map((part) =>
    unescaped(part.startsWith(start) ? part.slice(start.length) : part),
  );
  return (row) => {
    const values = valuesAt(row, key);
    const one = (pattern: string | undefined): boolean =>
      pattern !== undefined && values.some((value) => test(value, pattern));
    return operator.startsWith('!') ? patterns.every(one) : patterns.some(one);
  };
}

function alternatives(text: string): readonly string[] {
  return text.split(/(?<!\\),/);
}

/** A dot or backslash that is not escaped makes the pattern match nothing: undefined. */
function unescaped(pattern: string): string | undefined {
  if (/^(?:[^.\\]|\\.)*$/s.test(pattern)) return pattern.replace(/\\(.)/gs, '$1');
  return undefined;
}

/** `member.name` looks into a child table. */
function valuesAt(row: Row, key: string): readonly string[] {
  const [own = '', inner] = key.split('.');
  const value = row[own];
  if (value === undefined) return [];
  if (!Array.isArray(value)) return [scalar(value)];
  const children = value as readonly JsonObject[];
  return inner === undefined ? [] : children.map((child) => String((child[inner] ?? '') as string | number));
}

function compare(a: string, b: string): number {
  const numbers = [a, b].every((text) => /^-?\d+$/.test(text));
  if (numbers) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
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

/** One row as it is answered: key and keys of child rows repeated, with what the query asks for besides. */
export function shown(store: Store, schema: TableSchema, row: Row, query: URLSearchParams): JsonObject {
  const asked = query.get('format')?.split('|') ?? [];
  const known = asked.length > 0 && asked.every((name) => Object.hasOwn(schema.fields, name));
  const omitDefaults = ['true', '1', 'enable'].includes(query.get('exclude-default-values') ?? '');
  const visible = Object.entries(row).filter(
    ([name, value]) =>
      (!known || asked.includes(name)) &&
      (!omitDefaults || name === schema.mkey || canonical(value) !== canonical(schema.fields[name]?.default ?? null)),
  );
  return {
    ...Object.fromEntries(visible.map(([name, value]) => [name, withOrigin(schema.fields[name], value)])),
    q_origin_key: row[schema.mkey] ?? '',
    ...(flag(query, 'with_meta') ? meta(store, schema, row) : {}),
    ...(flag(query, 'with_contents_hash') ? { q_contents_hash: md5(canonical(row)) } : {}),
  };
}

function withOrigin(field: Field | undefined, value: Json): Json {
  if (field?.kind !== 'rows') return value;
  return (value as readonly Row[]).map((row) => ({
    ...Object.fromEntries(Object.entries(row).map(([name, item]) => [name, withOrigin(field.fields?.[name], item)])),
    q_origin_key: row[field.mkey ?? 'name'] ?? '',
  }));
}

export function shownChildren(field: Field, children: readonly Row[]): readonly JsonObject[] {
  return withOrigin(field, children) as readonly JsonObject[];
}

function meta(store: Store, schema: TableSchema, row: Row): JsonObject {
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

export function flag(query: URLSearchParams, name: string): boolean {
  return ['1', 'true', 'enable'].includes(query.get(name) ?? '');
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
