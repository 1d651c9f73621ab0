import { objectsIn, textOf } from '../../../kit/common/api/json.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Ask, Call } from './client.ts';

const mostPages = 1_000;

/**
 * A list from its first page to its last.
 *
 * @param field where the items stand; Google leaves it out where there are none
 * @throws AdapterError where it cannot be read to its end: half a list says nothing
 */
export async function allPages(
  ask: Ask,
  { path, template }: Pick<Call, 'path' | 'template'>,
  field: string,
): Promise<readonly JsonObject[]> {
  const all: JsonObject[] = [];
  let token = '';
  for (let page = 0; page < mostPages; page += 1) {
    const query = new URLSearchParams({ pageSize: '500', ...(token !== '' && { pageToken: token }) });
    const body = await ask({ method: 'GET', path: `${path}?${query.toString()}`, template });
    const unreachable = body['unreachable'];
    if (Array.isArray(unreachable) && unreachable.length > 0)
      throw new AdapterError('transient', `GET ${template}: a part of it cannot be reached.`);
    for (const object of objectsIn(body[field])) all.push(object);
    token = textOf(body['nextPageToken']);
    if (token === '') return all;
  }
  throw new AdapterError('transient', `GET ${template}: the list has no end.`);
}
