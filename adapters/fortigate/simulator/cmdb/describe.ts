import type { Field } from '../../../../kit/simulator/tables/fields.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { TableSchema } from '../tables/schema.ts';

/** What `?action=schema` answers: fields, sizes and the limits of this very device. */
export function describeSchema(schema: TableSchema): JsonObject {
  return {
    name: schema.name,
    path: `${schema.path}.${schema.name}`,
    category: 'table',
    mkey: schema.mkey,
    mkey_type: schema.mkey === 'policyid' ? 'integer' : 'string',
    max_table_size_vdom: schema.limit,
    max_table_size_global: schema.limit,
    max_table_size_item: 0,
    children: Object.fromEntries(
      Object.entries(schema.fields).map(([name, field]) => [name, describeField(name, field)]),
    ),
  };
}

function describeField(name: string, field: Field): Json {
  const { size, range, options, to, limit } = field;
  return {
    name,
    category: field.kind === 'rows' ? 'table' : 'unitary',
    type: field.kind === 'rows' ? 'table' : field.kind === 'number' ? 'integer' : field.kind,
    ...(field.kind === 'rows' ? { mkey: field.key ?? 'name' } : { default: field.described ?? field.default ?? '' }),
    ...(size === undefined ? {} : { size }),
    ...(range === undefined ? {} : { 'min-value': range[0], 'max-value': range[1] }),
    ...(options === undefined ? {} : { options: options.map((option) => ({ name: option })) }),
    ...(to === undefined ? {} : { datasource: to.map((table) => table.replace('/', '.')) }),
    ...(limit === undefined ? {} : { max_table_size_item: limit, max_table_size_vdom: 0, max_table_size_global: 0 }),
    ...(field.fields === undefined
      ? {}
      : {
          children: Object.fromEntries(Object.entries(field.fields).map(([key, of]) => [key, describeField(key, of)])),
        }),
  };
}
