import { changedFields, isObject, textOf } from '../../../kit/common/api/json.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { tables } from './names.ts';
import { referenceTo } from './paths.ts';
import { ruleDefaults } from './rule.ts';
import { alwaysOf, scheduleTime } from './specs.ts';

/*
 * What is sent for a spec. Pure.
 */

/** Lists of names travel as rows, lists of paths as rows or as they are, and numbers as numbers. */
function attribute(kind: string, field: string, value: Json): Json {
  if (field === 'iruleSampleRate') return Number(textOf(value));
  if (field === 'dateValidEnd') return scheduleTime(textOf(value));
  if (isObject(value)) return side(value, {});
  if (!Array.isArray(value)) return value;
  const texts = value as readonly string[];
  if (field === 'addressLists' || field === 'portLists') {
    // Inside rules they are paths, inside lists they are objects.
    return kind === tables.rule ? texts : texts.map(referenceTo);
  }
  return texts.map((name) => ({ name }));
}

/** One side of a rule, with what it is to lose told to be empty. */
function side(wanted: JsonObject, had: JsonObject): JsonObject {
  const cleared = emptied(Object.fromEntries(Object.entries(had).filter(([field]) => !(field in wanted))));
  const kept = Object.entries(wanted).map(([field, value]) => [field, attribute(tables.rule, field, value)]);
  return { ...cleared, ...(Object.fromEntries(kept) as JsonObject) };
}

function emptied(had: JsonObject): JsonObject {
  const without = (value: Json): Json => (Array.isArray(value) ? [] : isObject(value) ? emptied(value) : 'none');
  return Object.fromEntries(Object.entries(had).map(([field, value]) => [field, without(value)]));
}

/** The body of a new object: only what differs from what it has anyway. */
export function newAttributes(kind: string, spec: JsonObject): JsonObject {
  const entries = Object.entries(spec).filter(
    // The policy that an entry is in is part of its path.
    ([field, value]) =>
      !isNothing(value) && value !== initial(kind, field) && !(kind === tables.entry && field === 'policy'),
  );
  return Object.fromEntries(entries.map(([field, value]) => [field, attribute(kind, field, value)]));
}

/** The body that makes `after` out of `before`. A reference that ends is `none`. */
export function changedAttributes(kind: string, before: JsonObject, after: JsonObject): JsonObject {
  return Object.fromEntries(
    changedFields(before, after).map((field) => {
      const [had, wanted] = [before[field], after[field]];
      if (kind === tables.schedule && wanted === undefined) return [field, alwaysOf(field) ?? 'none'];
      if (isObject(wanted)) return [field, side(wanted, isObject(had) ? had : {})];
      if (wanted === undefined && typeof had === 'object' && had !== null)
        return [field, emptied({ had })['had'] ?? []];
      if (wanted === undefined || wanted === '') return [field, initial(kind, field) || 'none'];
      return [field, attribute(kind, field, wanted)];
    }),
  );
}

function initial(kind: string, field: string): string {
  const known: Readonly<Record<string, string>> = ruleDefaults;
  return kind === tables.rule || kind === tables.entry ? (known[field] ?? '') : '';
}

function isNothing(value: Json): boolean {
  return (
    value === '' || (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0)
  );
}
