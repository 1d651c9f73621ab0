import { canonical, type JsonObject } from '../../../../src/core/model/json.ts';
import { readFields } from '../tables/fields.ts';
import type { Entry, Schema } from '../tables/schema.ts';

/** An object without generations, which tell how often it was written and not what; undefined: it came with the device. */
export function essence(schema: Schema, entry: Entry): JsonObject | undefined {
  if (isDelivered(schema, entry)) return undefined;
  const { fullPath, fields, rules } = entry;
  return {
    ...(fullPath === '' ? {} : { fullPath }),
    ...fields,
    ...(rules.length === 0 ? {} : { rules: rules.map((rule) => ({ name: rule.name, ...rule.fields })) }),
  };
}

function isDelivered(schema: Schema, entry: Entry): boolean {
  if (entry.partition === '/' && Object.keys(entry.fields).length === 0) return true;
  const given = schema.scope === 'singleton' ? {} : schema.delivered.find(({ name }) => name === entry.name);
  if (given === undefined || (schema.scope === 'partition' && entry.partition !== 'Common')) return false;
  const { name: _, ...row } = given;
  return canonical(entry.fields) === canonical(readFields(schema.fields, schema.defaults, row));
}
