import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { ipv4Text, ipv4Value, ipv6Text, maskLength, maskText, parseIp, parsePrefix } from './addresses.ts';
import { emptyValue, Failure, full, invalid, outOfRange, tooLong, unexpected, unsafeText } from './failure.ts';
import { scalar, textAt, type Row } from './row.ts';
import type { Field, Fields } from './schema.ts';

/** The code for one row too many in a child table: not documented, so it can be set. */
export interface ValueRules {
  readonly memberOverflowCode: number;
}

/** The attributes of a body in the device's canonical form. Unknown ones are refused (-61), read-only ones ignored. */
export function readAttributes(fields: Fields, body: JsonObject, rules: ValueRules): Row {
  const read: Record<string, Json> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name === 'q_origin_key') continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) throw unexpected(name);
    if (field.readOnly !== true) read[name] = readValue(name, field, value, rules);
  }
  return read;
}

/** Every field with what it has when nobody says anything. */
export function defaults(fields: Fields): Row {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.default]));
}

function readValue(name: string, field: Field, value: Json, rules: ValueRules): Json {
  switch (field.kind) {
    case 'text':
      return readText(name, field, value);
    case 'number':
      return readNumber(name, field, value);
    case 'option':
      return readOption(field, value);
    case 'rows':
      return readRows(name, field, value, rules);
    case 'ipv4-mask':
      return readMask(name, value);
    case 'ipv4':
    case 'ipv6':
      return readIp(name, value, field.kind === 'ipv4' ? 4 : 6);
    case 'ipv4-wildcard':
      return readWildcard(name, value);
    case 'ipv6-prefix':
      return readPrefix6(name, value);
    case 'ports':
      return readPorts(name, value);
    case 'uuid':
      return readUuid(name, value);
  }
}

function textOf(name: string, value: Json): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return scalar(value);
  throw unexpected(name);
}

function readText(name: string, field: Field, value: Json): string {
  const read = textOf(name, value);
  const size = Buffer.byteLength(read, 'utf8');
  if (field.size !== undefined && size > field.size) throw tooLong(size, field.size);
  if (field.free !== true && /[<>()#'"]/.test(read)) throw unsafeText(name);
  return read;
}

function readNumber(name: string, field: Field, value: Json): number {
  const text = textOf(name, value);
  if (!/^\d+$/.test(text)) throw invalid(text);
  const [least, most] = field.range ?? [0, Number.MAX_SAFE_INTEGER];
  const read = Number(text);
  if (read < least || read > most) throw outOfRange(text);
  return read;
}

function readOption(field: Field, value: Json): string {
  const read = typeof value === 'string' ? value : JSON.stringify(value);
  if (field.options?.includes(read) !== true) throw invalid(read);
  return read;
}

function readRows(name: string, field: Field, value: Json, rules: ValueRules): Json {
  if (!Array.isArray(value)) throw unexpected(name);
  const read = new Map<string, Row>();
  for (const item of value as readonly Json[]) {
    const row = readChild(name, field, item, rules);
    read.set(childKey(field, row), row);
  }
  if (field.limit !== undefined && read.size > field.limit) throw full(name, rules.memberOverflowCode);
  return [...read.values()];
}

/** One row of a child table, defaults included. */
export function readChild(name: string, field: Field, item: Json, rules: ValueRules): Row {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) throw unexpected(name);
  const fields = field.fields ?? {};
  const row = { ...defaults(fields), ...readAttributes(fields, item as JsonObject, rules) };
  if (childKey(field, row) === '') throw emptyValue(name);
  return row;
}

export function childKey(field: Field, row: Row): string {
  return textAt(row, field.mkey ?? 'name');
}

function readMask(name: string, value: Json): string {
  const text = textOf(name, value);
  const prefix = text.includes('/') ? parsePrefix(text) : undefined;
  if (prefix?.family === 4) {
    const length = Number(text.split('/')[1]);
    return `${ipv4Text(prefix.first)} ${maskText(length)}`;
  }
  const [address = '', mask = '255.255.255.255', ...rest] = text.split(' ');
  const ip = parseIp(address);
  if (ip?.family !== 4 || rest.length > 0) throw new Failure(`invalid ip address '${text}'`, -8);
  const bits = parseIp(mask)?.family === 4 ? ipv4Value(mask) : undefined;
  if (bits === undefined || maskLength(bits) === undefined) throw new Failure(`invalid netmask '${mask}'`, -9);
  return `${ipv4Text(ip.value & bits)} ${mask}`;
}

function readIp(name: string, value: Json, family: 4 | 6): string {
  const text = textOf(name, value);
  const ip = parseIp(text);
  if (ip?.family !== family) throw new Failure(`invalid ip address '${text}'`, family === 4 ? -8 : -255);
  return family === 4 ? ipv4Text(ip.value) : ipv6Text(ip.value);
}

function readWildcard(name: string, value: Json): string {
  const text = textOf(name, value);
  const [address = '', mask = '', ...rest] = text.split(' ');
  if (parseIp(address)?.family !== 4 || parseIp(mask)?.family !== 4 || rest.length > 0) {
    throw new Failure(`invalid ip address '${text}'`, -8);
  }
  return text;
}

function readPrefix6(name: string, value: Json): string {
  const text = textOf(name, value);
  const prefix = parsePrefix(text.includes('/') ? text : `${text}/128`);
  if (prefix?.family !== 6) throw new Failure(`invalid IPv6 prefix '${text}'`, -254);
  return `${ipv6Text(prefix.first)}/${text.split('/')[1] ?? '128'}`;
}

/** `443 8443-8450:1024-65535`: destination ranges, each with an optional source range. */
function readPorts(name: string, value: Json): string {
  const text = textOf(name, value).trim();
  for (const item of text === '' ? [] : text.split(/\s+/)) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?(?::(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(item);
    if (match === null) throw new Failure(`Invalid port range '${item}'`, -363);
    const [, from, to = from, sourceFrom = '1', sourceTo = sourceFrom] = match;
    const ordered = Number(from) <= Number(to) && Number(sourceFrom) <= Number(sourceTo);
    if (!ordered || Number(to) > 65_535 || Number(sourceTo) > 65_535) {
      throw new Failure(`Invalid port range '${item}'`, -363);
    }
  }
  return text.replace(/\s+/g, ' ');
}

function readUuid(name: string, value: Json): string {
  const text = textOf(name, value).toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw invalid(text);
  return text;
}
