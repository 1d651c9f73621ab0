import { isObject, textOf } from '../../../../kit/common/api/json.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';

/* What all answers have in common. */

export function tokenIn(answer: JsonObject): string {
  const token = textOf(answer['UpdateToken']);
  if (token === '') throw new AdapterError('transient', 'Network Firewall answered without an update token.');
  return token;
}

export function objectAt(answer: JsonObject, field: string): JsonObject {
  const value: Json | undefined = answer[field];
  if (isObject(value)) return value;
  throw new AdapterError('transient', `An answer of Network Firewall lacks ${field}.`);
}
