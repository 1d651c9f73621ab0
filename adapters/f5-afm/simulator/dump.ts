import { canonical, type JsonObject } from '../../../src/core/model/json.ts';
import type { Schema, Schemas } from './schema.ts';
import type { Entry, Store } from './store.ts';
import { written } from './values.ts';

export function dumped(store: Store, schemas: Schemas): Readonly<Record<string, readonly JsonObject[]>> {
  const tables = [...schemas.values()].flatMap((schema) => {
    const rows = [...store.all(schema.path).values()].filter((entry) => !isDelivered(schema, entry)).map(essence);
    rows.sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
    return rows.length === 0 ? [] : [[schema.path, rows] as const];
  });
  return Object.fromEntries(tables);
}

/** Without generations, which tell how often something was written and not what. */
function essence({ fullPath, fields, rules }: Entry): JsonObject {
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
  return canonical(entry.fields) === canonical(written(schema.fields, schema.defaults, row));
}
