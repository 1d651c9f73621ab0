import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import type { Profile } from '../profile.ts';
import { addressTables } from './address.ts';
import { policyTable } from './policy.ts';
import { scheduleTables } from './schedule.ts';
import type { Schemas } from './schema.ts';
import { serviceTables } from './service.ts';
import { systemTables } from './system.ts';

export interface Limits {
  /** Rows per table id, where not those of the sample device. */
  readonly tables?: Readonly<Record<string, number>>;
  /** Rows per child table, `{ 'firewall/addrgrp.member': 300 }`. */
  readonly items?: Readonly<Record<string, number>>;
  /** Attributes of a FortiOS that does not exist yet, by table id. */
  readonly attributes?: Readonly<Record<string, Fields>>;
}

/** Every table of a device of this version, with these limits. */
export function schemasOf(profile: Profile, vdoms: readonly string[], limits: Limits = {}): Schemas {
  const tables = [
    ...systemTables(profile, vdoms),
    ...addressTables(profile),
    ...serviceTables(profile),
    ...scheduleTables(profile),
    policyTable(profile),
  ].map((schema) => ({
    ...schema,
    limit: limits.tables?.[schema.id] ?? schema.limit,
    fields: Object.fromEntries(
      Object.entries({ ...schema.fields, ...limits.attributes?.[schema.id] }).map(([name, field]) => {
        const limit = limits.items?.[`${schema.id}.${name}`] ?? field.limit;
        return [name, limit === undefined ? field : { ...field, limit }];
      }),
    ),
  }));
  return new Map(tables.map((schema) => [schema.id, schema]));
}
