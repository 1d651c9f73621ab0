import { referencesOf, type Reference } from '../../../../kit/simulator/tables/references.ts';
import { Tables } from '../../../../kit/simulator/tables/tables.ts';
import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Profile } from '../profile.ts';

/** One row of a table: every field, defaults included, in the form in which the device answers it. */
export type Row = JsonObject;

/** What a token's access profile is asked for. */
export type AccessGroup =
  | 'fwgrp.address'
  | 'fwgrp.policy'
  | 'fwgrp.service'
  | 'fwgrp.schedule'
  | 'fwgrp.others'
  | 'utmgrp'
  | 'sysgrp.cfg'
  | 'sysgrp.admin';

export interface TableSchema {
  /** `firewall.service/custom` */
  readonly id: string;
  /** `firewall.service` */
  readonly path: string;
  /** `custom` */
  readonly name: string;
  readonly mkey: string;
  readonly fields: Fields;
  /** Everything that a row refers to. */
  readonly references: (row: Row) => readonly Reference[];
  /** Most rows per VDOM. */
  readonly limit: number;
  readonly group: AccessGroup;
  /** May it be changed inside a transaction? */
  readonly transactional: boolean;
  /** First match wins: its rows can be moved. */
  readonly ordered: boolean;
  /** Nothing in it can be created or changed through the API. */
  readonly fixed: boolean;
  /** What the fields cannot say by themselves. @throws Failure */
  readonly check: (row: Row, context: CheckContext) => void;
  /** What follows from what was written, in other fields of the row. */
  readonly follows: (row: Row, given: JsonObject) => Row;
  /** The rows it is delivered with, by field. */
  readonly delivered: readonly JsonObject[];
}

export interface CheckContext {
  readonly store: Tables<Row>;
  readonly profile: Profile;
  readonly key: string;
  /** The attributes as they were sent, to tell what is absent from what is empty. */
  readonly given: JsonObject;
  readonly creating: boolean;
}

export type Schemas = ReadonlyMap<string, TableSchema>;

export function table(id: string, rest: Partial<TableSchema> & Pick<TableSchema, 'fields' | 'group'>): TableSchema {
  const [path = '', name = ''] = id.split('/');
  return {
    path,
    name,
    id,
    mkey: 'name',
    references: referencesOf(rest.fields),
    limit: 10_000,
    transactional: true,
    ordered: false,
    fixed: false,
    check: () => undefined,
    follows: () => ({}),
    delivered: [],
    ...rest,
  };
}

export function emptyTables(schemas: Schemas): Tables<Row> {
  return new Tables((id, row) => schemas.get(id)?.references(row) ?? []);
}
