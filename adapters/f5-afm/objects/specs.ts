import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { pathsIn } from './paths.ts';

/*
 * Objects in the device's vocabulary, in the one form that `lower` writes and `observe` reads. The readers take an
 * object as the device gives it, with what is absent, spelt differently or of no meaning to us brought into that form.
 */

export function groupSpec(row: JsonObject): JsonObject {
  return { description: textOf(row['description']) };
}

/** A list of destinations, or one that is no longer part of a group. */
export function addressListSpec(row: JsonObject): JsonObject {
  return {
    ...groupSpec(row),
    ...namedFields(row, ['addresses', 'fqdns', 'geo']),
    addressLists: pathsIn(row['addressLists']),
  };
}

export function portListSpec(row: JsonObject): JsonObject {
  return { ...groupSpec(row), ...namedFields(row, ['ports']), portLists: pathsIn(row['portLists']) };
}

function namedFields(row: JsonObject, fields: readonly string[]): JsonObject {
  return Object.fromEntries(fields.map((field) => [field, namesIn(row[field]).toSorted()]));
}

/** Defaults of a schedule, beside its end. */
const always: Readonly<Record<string, Json>> = {
  dateValidStart: 'epoch',
  dailyHourStart: '0:00',
  dailyHourEnd: '24:00',
  daysOfWeek: ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'],
};

/** AFM writes `2038-01-18T19:14:07Z`, with a `:` and one digit in older answers; the time is the device's own all the same. */
export function scheduleSpec(row: JsonObject): JsonObject {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})[:, T](\d{2}:\d{2}:\d{2})/.exec(textOf(row['dateValidEnd']));
  const two = (digits = ''): string => digits.padStart(2, '0');
  const end = match === null ? '' : `${match[1] ?? ''}-${two(match[2])}-${two(match[3])}:${match[4] ?? ''}`;
  const others = Object.entries(always).flatMap(([field, initial]) => {
    const [value, usual] = [row[field] ?? initial, initial].map((one) =>
      Array.isArray(one) ? namesIn(one).toSorted() : one,
    );
    return value === undefined || JSON.stringify(value) === JSON.stringify(usual) ? [] : [[field, value] as const];
  });
  return { ...groupSpec(row), dateValidEnd: end, ...Object.fromEntries(others) };
}

/** `2027-01-31T02:00:00Z` of `2027-01-31:02:00:00`, as the API wants it. */
export function scheduleTime(text: string): string {
  return text.replace(/^(\d{4}-\d{2}-\d{2}):(.*)$/, '$1T$2Z');
}

export const alwaysFields: readonly string[] = Object.keys(always);

/** What to write to set a schedule back to its defaults. */
export function alwaysOf(field: string): Json | undefined {
  return always[field];
}
