import { isObject, textOf } from '../common/api/json.ts';
import type { Json, JsonObject } from '../../src/core/model/json.ts';
import type { Protocol } from './service.ts';
import { xmlReader } from './xml.ts';

const parsed = xmlReader('item');

/** The query protocol of EC2: a form, answered with XML. */
export function queryProtocol(version: string): Protocol {
  return {
    ask: (operation, input) => {
      const form = new URLSearchParams({ Action: operation, Version: version });
      for (const [name, value] of parametersOf(input, '')) form.set(name, value);
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      return { body: form.toString(), headers };
    },
    answer: (operation, body) => {
      const answer = parsed(body)?.[`${operation}Response`];
      return isObject(answer) ? answer : undefined;
    },
    errorIn: (body) => {
      const response = parsed(body)?.['Response'];
      const error = isObject(response) && isObject(response['Errors']) ? response['Errors']['Error'] : undefined;
      return isObject(error)
        ? { code: textOf(error['Code']), message: textOf(error['Message']) }
        : { code: '', message: '' };
    },
  };
}

/** Lists as `Name.1`, `Name.2`. */
function parametersOf(value: Json, name: string): readonly (readonly [string, string])[] {
  const below = (key: string, item: Json): readonly (readonly [string, string])[] =>
    parametersOf(item, name === '' ? key : `${name}.${key}`);
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((item, at) => below(String(at + 1), item));
  if (isObject(value)) return Object.entries(value).flatMap(([key, item]) => below(key, item));
  return [[name, textOf(value)]];
}

/** The rows of a list in an answer. */
export function itemsOf(answer: JsonObject, set: string): readonly JsonObject[] {
  const holder = answer[set];
  const items = isObject(holder) ? holder['item'] : undefined;
  return Array.isArray(items) ? (items as readonly Json[]).filter(isObject) : [];
}
