import { objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { AzureConfig } from '../config.ts';
import type { Answer, Ask, Call } from './client.ts';

const mostPages = 1_000;

/** A list from its first page to its last. @throws AdapterError where it cannot be read to its end: half a list says nothing */
export async function allPages(
  ask: Ask,
  { url }: Pick<AzureConfig, 'url'>,
  { path: first, template }: Pick<Call, 'path' | 'template'>,
): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  let path: string | undefined = first;
  for (let page = 0; path !== undefined; page += 1) {
    const { body }: Answer = await ask({ method: 'GET', path, template });
    if (!Array.isArray(body['value']) || page === mostPages)
      throw new AdapterError('transient', `GET ${template}: this is no list, or one without end.`);
    for (const object of objectsIn(body['value'])) all.push(object);
    path = nextPage(textOf(body['nextLink']), url, template);
  }
  return all;
}

function nextPage(link: string, url: string, template: string): string | undefined {
  if (link === '') return undefined;
  if (URL.canParse(link, url)) {
    const { origin, pathname, search } = new URL(link, url);
    if (origin === new URL(url).origin) return pathname + search;
  }
  throw new AdapterError('transient', `GET ${template}: the next page is at another host, which is not asked.`);
}
