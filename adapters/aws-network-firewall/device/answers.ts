import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';

/* What all answers have in common. */

export function tokenIn(answer: JsonObject): string {
  const token = textOf(answer['UpdateToken']);
  if (token === '') throw new AdapterError('transient', 'Network Firewall answered without an update token.');
  return token;
}

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
    rows.push(...rowsOf(answer));
    next = textOf(answer[token]);
    if (next === '') return rows;
  }
  throw new AdapterError('transient', `A list of AWS did not end after ${mostPages} pages.`);
}

export function objectAt(answer: JsonObject, field: string): JsonObject {
  const value: Json | undefined = answer[field];
  if (isObject(value)) return value;
  throw new AdapterError('transient', `An answer of Network Firewall lacks ${field}.`);
}

const atOnce = 4;

/** What becomes of each, in their order, few at a time. */
export async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
