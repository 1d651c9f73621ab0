import {
  defaults,
  fieldKinds,
  written,
  type Dialect,
  type Field,
  type Fields,
} from '../../../../kit/simulator/tables/fields.ts';
import { isObject, scalar, textAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { emptyValue, full, invalid, outOfRange, tooLong, unexpected, unsafeText } from '../api/failure.ts';
import type { Profile } from '../profile.ts';
import * as formats from './formats.ts';
import type { Row } from './schema.ts';

const dialect: Dialect = {
  textOf: (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined),
  sizeOf: (text) => Buffer.byteLength(text, 'utf8'),
  clears: () => false,
  unknown: (name) => (name === 'q_origin_key' ? undefined : unexpected(name)),
  wrongType: unexpected,
  wrongNumber: (_, value) => invalid(scalar(value)),
  notAnOption: (_, value) => invalid(typeof value === 'string' ? value : JSON.stringify(value)),
  tooLong: (_, size, limit) => tooLong(size, limit),
  outOfRange: (_, value) => outOfRange(scalar(value)),
};
const kinds = fieldKinds(dialect);

type More = Partial<Omit<Field, 'kind' | 'read'>>;

function safe(text: string, name: string): string {
  if (/[<>()#'"]/.test(text)) throw unsafeText(name);
  return text;
}

export const text = (size: number, more: More = {}): Field => kinds.text('text', safe, { size, default: '', ...more });
/** Text that may hold what markup is made of. */
export const free = (size: number, more: More = {}): Field =>
  kinds.text('text', (value) => value, { size, default: '', ...more });
/** Words with spaces between them, the first of which is the default. */
export const option = (words: string): Field => {
  const options = words.split(' ');
  return kinds.option(options, { default: options[0] ?? '' });
};
export const number = (least: number, most: number, initial: number): Field =>
  kinds.number(least, most, { default: initial });
export const enable = option('enable disable');
export const disable = option('disable enable');
export const color = number(0, 32, 0);
export const comment = text(255);
/** What a device shows where its description says that nothing is the default. */
export const shownAs = (shown: string, size: number): Field =>
  kinds.text('text', (value) => value || shown, { size, default: shown, described: '' });
export const days = kinds.text('days', formats.days, { size: 63, default: 'none' });
export const timeOfDay = kinds.text('time', formats.timeOfDay, { size: 5, default: '00:00', described: '' });
export const uuid = kinds.text('uuid', formats.uuid, { default: '00000000-0000-0000-0000-000000000000' });
export const ports = kinds.text('ports', formats.ports, { default: '' });
export const subnet = kinds.text('ipv4-mask', formats.subnet, { default: '0.0.0.0 0.0.0.0' });
export const wildcard = kinds.text('ipv4-wildcard', formats.wildcard, { default: '0.0.0.0 0.0.0.0' });
export const ipv4 = kinds.text('ipv4', formats.address(4), { default: '0.0.0.0' });
export const ipv6 = kinds.text('ipv6', formats.address(6), { default: '::' });
export const ipv6Prefix = kinds.text('ipv6-prefix', formats.prefix6, { default: '::/0' });

/** The name of one entry of another table. */
export const entry = (size: number, ...to: readonly string[]): Field => text(size, { to });
/** A child table. */
export const rows = (key: string, fields: Fields, more: More = {}): Field => ({
  kind: 'rows',
  default: [],
  key,
  fields,
  ...more,
  read: (value, { name, field }) => {
    if (!Array.isArray(value)) throw unexpected(name);
    const read = (value as readonly Json[]).map((item) => readChild(name, field, item));
    const byKey = new Map(read.map((row) => [childKey(field, row), row] as const));
    if (field.limit !== undefined && byKey.size > field.limit) throw full(name);
    return [...byKey.values()];
  },
});
/** A list of names of entries of other tables. */
export const entries = (size: number, to: readonly string[], more: More = {}): Field =>
  rows('name', { name: text(size) }, { to, ...more });
export const tagging = rows('name', { name: text(63), category: text(63), tags: rows('name', { name: text(79) }) });
/** A list of names of what is not here. */
export const names = (size: number): Field => rows('name', { name: text(size) });

/** The same field under several names, with spaces between them. */
export function each(field: Field, names: string): Fields {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, field]));
}

/** Of what came with each version, what this one has. */
export function upTo({ from }: Profile, versions: Readonly<Record<string, Fields>>): Fields {
  return Object.assign(
    {},
    ...Object.entries(versions).map(([version, fields]) => (from(version) ? fields : {})),
  ) as Fields;
}

/** Words of which some came with later versions. */
export function growing({ from }: Profile, words: string, versions: Readonly<Record<string, string>>): Field {
  return option(
    [words, ...Object.entries(versions).flatMap(([version, more]) => (from(version) ? more : []))].join(' '),
  );
}

/** The attributes of a body in the device's canonical form. Unknown ones are refused (-61), read-only ones ignored. */
export function readAttributes(fields: Fields, body: JsonObject): Row {
  return written(fields, {}, body, dialect);
}

/** One row of a child table, defaults included. */
export function readChild(name: string, field: Field, item: Json): Row {
  if (!isObject(item)) throw unexpected(name);
  const fields = field.fields ?? {};
  const row = { ...defaults(fields), ...readAttributes(fields, item) };
  if (childKey(field, row) === '') throw emptyValue(name);
  return row;
}

export function childKey(field: Field, row: Row): string {
  return textAt(row, field.key ?? 'name');
}
