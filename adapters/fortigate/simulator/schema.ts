import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import type { Profile } from './profile.ts';
import type { Row } from './row.ts';
import type { Store } from './store.ts';

/** What a token's access profile is asked for. */
export const accessGroups = [
  'fwgrp.address',
  'fwgrp.policy',
  'fwgrp.service',
  'fwgrp.schedule',
  'fwgrp.others',
  'utmgrp',
  'sysgrp.cfg',
  'sysgrp.admin',
] as const;
export type AccessGroup = (typeof accessGroups)[number];

export type FieldKind =
  | 'text'
  | 'number'
  | 'option'
  | 'ipv4-mask'
  | 'ipv4'
  | 'ipv4-wildcard'
  | 'ipv6-prefix'
  | 'ipv6'
  | 'ports'
  | 'uuid'
  | 'rows';

export interface Field {
  readonly kind: FieldKind;
  readonly default: Json;
  /** Longest text. */
  readonly size?: number;
  /** May hold `<>()#'"`: everything else refuses them (-173). */
  readonly free?: boolean;
  readonly range?: readonly [number, number];
  readonly options?: readonly string[];
  /** Ids of the tables one of which must hold the named entry. */
  readonly datasource?: readonly string[];
  /** Of a child table. */
  readonly fields?: Fields;
  readonly mkey?: string;
  /** Most rows of a child table. */
  readonly limit?: number;
  readonly readOnly?: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

export interface TableSchema {
  /** `firewall.service` */
  readonly path: string;
  /** `custom` */
  readonly name: string;
  /** `firewall.service/custom` */
  readonly id: string;
  readonly mkey: string;
  readonly fields: Fields;
  /** Most rows per VDOM. */
  readonly limit: number;
  readonly group: AccessGroup;
  /** May it be changed inside a transaction? */
  readonly transactional: boolean;
  /** First match wins: its rows can be moved. */
  readonly ordered: boolean;
  /** Nothing in it can be created or changed through the API. */
  readonly fixed: boolean;
  /** What the fields cannot say by themselves; throws `Failure`. */
  readonly check: (row: Row, context: CheckContext) => void;
  /** The rows it is delivered with, by field. */
  readonly delivered: readonly JsonObject[];
}

export interface CheckContext {
  readonly store: Store;
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
    limit: 10_000,
    transactional: true,
    ordered: false,
    fixed: false,
    check: () => undefined,
    delivered: [],
    ...rest,
  };
}

type Extra = Partial<Omit<Field, 'kind'>>;

export const text = (size: number, extra: Extra = {}): Field => ({ kind: 'text', size, default: '', ...extra });
/** Text that may hold what markup is made of. */
export const free = (size: number, extra: Extra = {}): Field => text(size, { free: true, ...extra });
/** The first option is the default. */
export const option = (...options: readonly [string, ...string[]]): Field => ({
  kind: 'option',
  options,
  default: options[0],
});
export const number = (least: number, most: number, initial: number): Field => ({
  kind: 'number',
  range: [least, most],
  default: initial,
});
/** The name of one entry of another table. */
export const entry = (size: number, ...datasource: readonly string[]): Field => text(size, { datasource });
export const rows = (mkey: string, fields: Fields, extra: Extra = {}): Field => ({
  kind: 'rows',
  default: [],
  mkey,
  fields,
  ...extra,
});
/** A list of names of entries of other tables. */
export const entries = (size: number, datasource: readonly string[], extra: Extra = {}): Field =>
  rows('name', { name: text(size) }, { datasource, ...extra });

export const enable = option('enable', 'disable');
export const disable = option('disable', 'enable');
export const uuid: Field = { kind: 'uuid', default: '00000000-0000-0000-0000-000000000000' };
export const tagging = rows('name', {
  name: text(63),
  category: text(63),
  tags: rows('name', { name: text(79) }),
});
