import { textOf } from '../common/api/json.ts';
import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';

/** More than any list of an account has. */
const mostPages = 1_000;

/** The rows of all pages of a list. @throws AdapterError where it does not end */
export async function pages(
  read: (next: JsonObject) => Promise<JsonObject>,
  token: 'NextToken' | 'nextToken',
  rowsOf: (answer: JsonObject) => readonly JsonObject[],
): Promise<readonly JsonObject[]> {
  const rows: JsonObject[] = [];
  let next = '';
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await read(next === '' ? {} : { NextToken: next });
    for (const row of rowsOf(answer)) rows.push(row);
    next = textOf(answer[token]);
    if (next === '') return rows;
  }
  throw new AdapterError('transient', `A list of AWS did not end after ${mostPages} pages.`);
}
