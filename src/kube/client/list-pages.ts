import type { ApiClient } from './transport.ts';

interface Page {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly continue?: string };
}

const pageSize = 500;

/** Every object of a collection, page by page. @throws {ApiError} */
export async function listPages(api: ApiClient, path: string, signal: AbortSignal): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for (let next: string | undefined = ''; next !== undefined;) {
    const query = { limit: pageSize, continue: next === '' ? undefined : next };
    const page = (await api.request({ path, query, signal })) as Page;
    for (const item of page.items ?? []) items.push(item);
    next = page.metadata?.continue === '' ? undefined : page.metadata?.continue;
  }
  return items;
}
