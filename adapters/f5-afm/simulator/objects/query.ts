import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { refused } from '../api/failure.ts';
import type { Entry } from '../tables/schema.ts';

/** `$filter=partition eq 'X'`, the only one there is. A value with other than word characters must be quoted. */
export function filtered(entries: Iterable<Entry>, query: URLSearchParams): readonly Entry[] {
  const filter = query.get('$filter');
  if (filter === null) return [...entries];
  const match = /^\s*partition\s+eq\s+(?:'([^']*)'|(\w+))\s*$/.exec(filter);
  if (match === null) throw refused(`The filter (${filter}) is not supported`);
  const wanted = match[1] ?? match[2];
  return [...entries].filter(({ partition }) => partition === wanted);
}

/** `$select=name,addresses`: of every item these properties only. */
export function selected(item: JsonObject, query: URLSearchParams): JsonObject {
  const wanted = query.get('$select')?.split(',');
  if (wanted === undefined) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => wanted.includes(name)));
}

/** `$top` and `$skip`; without them everything, and nothing is said about pages. */
export function paged<T>(
  entries: readonly T[],
  query: URLSearchParams,
  link: string,
): { readonly items: readonly T[]; readonly page: Readonly<Record<string, Json>> } {
  const top = countOf(query, '$top');
  const skip = countOf(query, '$skip') ?? 0;
  if (top === undefined && skip === 0) return { items: entries, page: {} };
  const size = top ?? entries.length;
  const items = entries.slice(skip, skip + size);
  const next = skip + size < entries.length ? { nextLink: `${link}&$top=${size}&$skip=${skip + size}` } : {};
  const page = {
    currentItemCount: items.length,
    itemsPerPage: size,
    pageIndex: Math.floor(skip / Math.max(size, 1)) + 1,
    startIndex: skip + 1,
    totalItems: entries.length,
    totalPages: Math.ceil(entries.length / Math.max(size, 1)),
    ...next,
  };
  return { items, page };
}

function countOf(query: URLSearchParams, name: string): number | undefined {
  const given = query.get(name);
  if (given === null) return undefined;
  if (!/^\d+$/.test(given)) throw refused(`${name} is not a number`);
  return Number(given);
}
