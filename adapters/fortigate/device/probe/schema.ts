import { isObject } from '../../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';

/* The description of a table, as `action=schema` gives it. */

export function childrenOf(schema: JsonObject | undefined): JsonObject {
  const children = schema?.['children'];
  return isObject(children) ? children : {};
}

export function positive(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
