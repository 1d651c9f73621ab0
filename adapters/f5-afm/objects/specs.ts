import { namesIn, textOf } from '../../../kit/common/api/json.ts';
import type { JsonObject } from '../../../src/core/model/json.ts';
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

/** AFM writes `2038-01-18:19:14:07`, with one digit or two, or with a `T` and a `Z`. */
export function scheduleSpec(row: JsonObject): JsonObject {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})[:, T](\d{2}:\d{2}:\d{2})/.exec(textOf(row['dateValidEnd']));
  const two = (digits = ''): string => digits.padStart(2, '0');
  const end = match === null ? '' : `${match[1] ?? ''}-${two(match[2])}-${two(match[3])}:${match[4] ?? ''}`;
  return { ...groupSpec(row), dateValidEnd: end };
}
