import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { isObject } from './rows.ts';

/** Where a value is to go. */
export interface Target {
  readonly name: string;
  readonly field: Field;
  readonly before: Json | undefined;
}

/** One field of a table: what may be written to it, and its default. */
export interface Field {
  readonly kind: string;
  /** The device's spelling of a value; undefined: the field is cleared. @throws the device's refusal */
  readonly read: (value: Json, target: Target) => Json | undefined;
  readonly default?: Json;
  /** The default by the device's own description, where that is another. */
  readonly described?: Json;
  /** Longest text. */
  readonly size?: number;
  readonly range?: readonly [number, number];
  readonly options?: readonly string[];
  /** The tables one of which must have the row that is named. */
  readonly to?: readonly string[];
  /** Of an object, or of each row of a list. */
  readonly fields?: Fields;
  /** The field by which the rows of a list are distinguished. */
  readonly key?: string;
  /** Most rows of a list. */
  readonly limit?: number;
  /** Sent, it is passed over. */
  readonly readOnly?: boolean;
}

export type Fields = Readonly<Record<string, Field>>;

/** How one device takes and refuses values, in its own words. */
export interface Dialect {
  /** A value that is to be text; undefined for what the device does not take as text. */
  readonly textOf: (value: Json) => string | undefined;
  readonly sizeOf: (text: string) => number;
  /** Is a text of this kind the same as none? */
  readonly clears: (text: string) => boolean;
  /** A field it does not have; undefined: it is passed over. */
  readonly unknown: (name: string) => Error | undefined;
  readonly wrongType: (name: string, value: Json) => Error;
  readonly wrongNumber: (name: string, value: Json) => Error;
  readonly notAnOption: (name: string, value: Json) => Error;
  readonly tooLong: (name: string, size: number, limit: number) => Error;
  readonly outOfRange: (name: string, value: Json) => Error;
}

type More = Partial<Omit<Field, 'kind' | 'read'>>;

/** The kinds of field that every device has. */
export interface FieldKinds {
  /**
   * @param kind of what the text is, as the device calls it
   * @param spelling the device's spelling; undefined, or an error of its own, for what it refuses
   */
  readonly text: (kind: string, spelling: (text: string, name: string) => string | undefined, more?: More) => Field;
  readonly number: (least: number, most: number, more?: More) => Field;
  readonly option: (options: readonly string[], more?: More) => Field;
  readonly flag: Field;
  /** An object whose fields are written one by one: naming one leaves the others. */
  readonly struct: (fields: Fields) => Field;
  /** Taken as it is: it means nothing here. */
  readonly free: Field;
}

/** The kinds of field in the words of one device. */
export function fieldKinds(dialect: Dialect): FieldKinds {
  return {
    text: (kind, spelling, more) => ({
      kind,
      ...more,
      read: (value, { name, field }) => {
        const text = dialect.textOf(value);
        if (text === undefined) throw dialect.wrongType(name, value);
        if (dialect.clears(text)) return undefined;
        const size = dialect.sizeOf(text);
        if (field.size !== undefined && size > field.size) throw dialect.tooLong(name, size, field.size);
        const spelled = spelling(text, name);
        if (spelled === undefined) throw dialect.wrongType(name, value);
        return spelled;
      },
    }),
    number: (least, most, more) => ({
      kind: 'number',
      range: [least, most],
      ...more,
      read: (value, { name, field }) => {
        if (typeof value !== 'number' && typeof value !== 'string') throw dialect.wrongType(name, value);
        if (!/^\d+$/.test(String(value))) throw dialect.wrongNumber(name, value);
        const number = Number(value);
        // What stands for nothing is often outside: 255 for a priority of 0 to 7.
        if ((number < least || number > most) && number !== field.default) throw dialect.outOfRange(name, value);
        return number;
      },
    }),
    option: (options, more) => ({
      kind: 'option',
      options,
      ...more,
      read: (value, { name, field }) => {
        if (typeof value === 'string' && field.options?.includes(value) === true) return value;
        throw dialect.notAnOption(name, value);
      },
    }),
    flag: {
      kind: 'flag',
      read: (value, { name }) => {
        if (typeof value !== 'boolean') throw dialect.wrongType(name, value);
        return value;
      },
    },
    struct: (fields) => ({
      kind: 'struct',
      fields,
      read: (value, { name, before }) => {
        if (!isObject(value)) throw dialect.wrongType(name, value);
        const after = written(fields, isObject(before) ? before : {}, value, dialect);
        return Object.keys(after).length === 0 ? undefined : after;
      },
    }),
    free: { kind: 'free', read: (value) => value },
  };
}

/**
 * A row after what a body says: what it does not name stays, what it clears is gone.
 *
 * @throws the device's refusal of a field or a value
 */
export function written(
  fields: Fields,
  before: JsonObject,
  body: JsonObject,
  { unknown }: Pick<Dialect, 'unknown'>,
): JsonObject {
  const after: Record<string, Json> = { ...before };
  for (const [name, value] of Object.entries(body)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) {
      const refusal = unknown(name);
      if (refusal !== undefined) throw refusal;
      continue;
    }
    if (field.readOnly === true) continue;
    const read = field.read(value, { name, field, before: before[name] });
    if (read === undefined) Reflect.deleteProperty(after, name);
    else after[name] = read;
  }
  return after;
}

/** The defaults of a row. */
export function defaults(fields: Fields): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
  );
}
