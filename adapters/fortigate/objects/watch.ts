import { isObject, objectsIn, textOf } from '../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { tables, type Table } from './names.ts';

/** Which attributes of an object are ours to set, and how its row reads as they are written. */
export interface SpecReader {
  readonly fields: readonly string[];
  readonly read: (row: JsonObject) => JsonObject;
}

const everywhere: Readonly<Record<string, string>> = {
  ...{ name: 'the name', policyid: 'the number', uuid: 'the device gives it' },
  ...{ color: 'shown to people only', tagging: 'shown to people only', visibility: 'shown to people only' },
};
const anotherType = 'means something for another type, and the type is watched';
const byType = 'set where it is the value of the type, and compared as a network';
const sameInstant = 'the same instant on another clock';

/** Attributes that are not watched, and why. */
const unwatched: Readonly<Partial<Record<Table, Readonly<Record<string, string>>>>> = {
  [tables.address]: {
    ...{ subnet: byType, 'start-ip': anotherType, 'end-ip': anotherType, wildcard: anotherType },
    list: anotherType,
  },
  [tables.address6]: { ip6: byType, 'start-ip': anotherType, 'end-ip': anotherType, list: anotherType },
  [tables.group]: { member: 'its members are compared one by one' },
  [tables.group6]: { member: 'its members are compared one by one' },
  [tables.service]: {
    'protocol-number': 'follows from the protocol, which is watched',
    category: 'shown to people only',
  },
  [tables.policy]: { 'policy-expiry-date': sameInstant },
  [tables.schedule]: { 'start-utc': sameInstant, 'end-utc': sameInstant },
  [tables.feed]: { password: 'never shown, and a feed that is pushed fetches nothing' },
};

/** Why an attribute is not watched; undefined: it is. */
export function whyUnwatched(table: Table, field: string): string | undefined {
  return everywhere[field] ?? unwatched[table]?.[field];
}

/**
 * Watches the attributes of one table: those that we set, and every other that the device's own description of the table
 * has. Attributes that Postern does not set must be at their default.
 */
export class Watch {
  readonly #reader: SpecReader;
  /** Of the attributes that we set, what they are by themselves. */
  readonly #own: JsonObject;
  readonly #others: ReadonlyMap<string, Json>;

  /** @param attributes by name, as `action=schema` describes them */
  constructor(table: Table, reader: SpecReader, attributes: JsonObject) {
    const all = Object.entries(attributes).map(([field, about]) => [field, initialOf(about)] as const);
    const isOwn = (field: string): boolean => reader.fields.includes(field);
    this.#reader = reader;
    this.#own = Object.fromEntries(all.filter(([field]) => isOwn(field)));
    this.#others = new Map(all.filter(([field]) => !isOwn(field) && whyUnwatched(table, field) === undefined));
  }

  /** The attributes watched beside those that we set. */
  get others(): readonly string[] {
    return [...this.#others.keys()];
  }

  /** A row in Postern's form; a missing attribute is at its default. Of the other attributes, those that were set. */
  spec(row: JsonObject): JsonObject {
    return { ...this.#reader.read({ ...this.#own, ...row }), ...this.foreign(row) };
  }

  foreign(row: JsonObject): JsonObject {
    const set = Object.entries(row).filter(([field, value]) => {
      const initial = this.#others.get(field);
      return initial !== undefined && isSet(value, initial);
    });
    return Object.fromEntries(set.map(([field, value]) => [field, plain(value)]));
  }

  /** What to write to set an attribute back to its default. */
  initial(field: string): Json {
    return this.#others.get(field) ?? this.#own[field] ?? '';
  }
}

function initialOf(about: Json): Json {
  if (!isObject(about)) return '';
  return about['category'] === 'table' ? [] : (about['default'] ?? '');
}

function isSet(value: Json, initial: Json): boolean {
  if (isNothing(initial)) return !isNothing(value);
  return textOf(value) !== textOf(initial);
}

/** Devices show nothing in many ways: `0x00`, `0.0.0.0`, `0000-00-00 00:00:00`. */
function isNothing(value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return value === null || (!isObject(value) && /^(?:0x)?[0:. /-]*$/.test(textOf(value)));
}

/** Of rows, the keys. */
function plain(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return objectsIn(value).map((row) => textOf(row['q_origin_key'] ?? Object.values(row)[0]));
}
