import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import { isObject } from '../../../../kit/simulator/tables/rows.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { badValue, duplicate, listExpected, nameless, notFound, nothingToDo, refused } from '../api/failure.ts';
import { isDecoration, readFields } from '../tables/fields.ts';
import { ruleDefaults } from '../tables/policies.ts';
import type { Entry, Schema } from '../tables/schema.ts';
import { checkName, existing, nextGeneration, put, type Workspace } from './workspace.ts';

const title = 'Firewall Rule';

/** Where a rule goes: `first`, `last`, or next to another one. */
interface Place {
  readonly side: 'after' | 'before';
  readonly of: string;
}

export function createRule(work: Workspace, schema: Schema, parent: string, body: JsonObject): Entry {
  const before = existing(work.store, schema, parent);
  const { place, properties } = taken(body);
  const name = body['name'];
  if (typeof name !== 'string' || name === '') throw nameless();
  if (before.rules.some((rule) => rule.name === name)) throw duplicate(title, name, before.partition);
  // Documented for the command line, and mandatory in the vendor's SDK.
  if (place === undefined) throw refused('one of the following must be specified: place-after, place-before');
  const rule = newRule(work, schema.rules ?? {}, name, properties);
  return storedRule(work, schema, { ...before, rules: placed(before.rules, rule, place) }, name);
}

/** PATCH with a place moves the rule; with nothing else, it only moves it. */
export function modifyRule(work: Workspace, schema: Schema, parent: string, name: string, body: JsonObject): Entry {
  const before = existing(work.store, schema, parent);
  const rule = ruleOf(before, name);
  const { place, properties } = taken(body);
  if (place === undefined && !Object.keys(properties).some((key) => !isDecoration(key))) throw nothingToDo();
  return exchange(work, schema, before, { ...rule, fields: fieldsOf(schema, rule.fields, properties) }, place);
}

/** PUT: everything but the name and, without a place, the place, is as the body says. */
export function replaceRule(work: Workspace, schema: Schema, parent: string, name: string, body: JsonObject): Entry {
  const before = existing(work.store, schema, parent);
  const rule = ruleOf(before, name);
  const { place, properties } = taken(body);
  return exchange(work, schema, before, { ...rule, fields: fieldsOf(schema, {}, properties) }, place);
}

export function removeRule(work: Workspace, schema: Schema, parent: string, name: string): void {
  const before = existing(work.store, schema, parent);
  ruleOf(before, name);
  put(work, schema, { ...before, rules: before.rules.filter((rule) => rule.name !== name) });
}

export function ruleOf(parent: Entry, name: string): Entry {
  const rule = parent.rules.find((one) => one.name === name);
  if (rule === undefined) throw notFound(title, name);
  return rule;
}

/** All rules at once, in the order of the list. */
export function listOfRules(work: Workspace, fields: Fields, value: Json): readonly Entry[] {
  if (value === 'none') return [];
  if (!Array.isArray(value)) throw listExpected();
  const rules = (value as readonly Json[]).map((body) => {
    if (!isObject(body) || typeof body['name'] !== 'string' || body['name'] === '') throw nameless();
    return newRule(work, fields, body['name'], taken(body).properties);
  });
  const repeated = rules.find(({ name }, index) => rules.findIndex((rule) => rule.name === name) !== index);
  if (repeated !== undefined) throw duplicate(title, repeated.name, 'Common');
  return rules;
}

function newRule(work: Workspace, fields: Fields, name: string, properties: JsonObject): Entry {
  checkName(name);
  const filled = withDefaults(readFields(fields, {}, properties));
  const identity = { name, partition: '', subPath: '', fullPath: name };
  return { ...identity, generation: nextGeneration(work.store), fields: filled, rules: [] };
}

function fieldsOf(schema: Schema, before: JsonObject, properties: JsonObject): JsonObject {
  return withDefaults(readFields(schema.rules ?? {}, before, properties));
}

/** A rule that names a rule list takes everything but its status from there. */
function withDefaults(fields: JsonObject): JsonObject {
  return fields['ruleList'] === undefined ? { ...ruleDefaults, ...fields } : { status: 'enabled', ...fields };
}

function exchange(work: Workspace, schema: Schema, parent: Entry, rule: Entry, place: Place | undefined): Entry {
  const changed = { ...rule, generation: nextGeneration(work.store) };
  const rules =
    place === undefined
      ? parent.rules.map((one) => (one.name === rule.name ? changed : one))
      : placed(
          parent.rules.filter((one) => one.name !== rule.name),
          changed,
          place,
        );
  return storedRule(work, schema, { ...parent, rules }, rule.name);
}

function storedRule(work: Workspace, schema: Schema, parent: Entry, name: string): Entry {
  return ruleOf(put(work, schema, parent), name);
}

function placed(rules: readonly Entry[], rule: Entry, { side, of }: Place): readonly Entry[] {
  if (of === 'first') return [rule, ...rules];
  if (of === 'last') return [...rules, rule];
  const index = rules.findIndex(({ name }) => name === of);
  if (index < 0) throw notFound(title, of);
  return rules.toSpliced(side === 'after' ? index + 1 : index, 0, rule);
}

const placeKeys: Readonly<Record<string, Place['side']>> = {
  placeAfter: 'after',
  'place-after': 'after',
  placeBefore: 'before',
  'place-before': 'before',
};

/** The place apart from the properties; `name` and `partition` belong to neither. */
function taken(body: JsonObject): { readonly place: Place | undefined; readonly properties: JsonObject } {
  const given = Object.entries(body).filter(([key]) => Object.hasOwn(placeKeys, key));
  const properties = Object.entries(body).filter(
    ([key]) => !Object.hasOwn(placeKeys, key) && key !== 'name' && key !== 'partition',
  );
  const [first, second] = given;
  if (second !== undefined) throw refused('only one of place-after and place-before may be specified');
  if (first === undefined) return { place: undefined, properties: Object.fromEntries(properties) };
  const [key, of] = first;
  const side = placeKeys[key];
  if (typeof of !== 'string' || of === '' || side === undefined) throw badValue(key, of);
  // `none` is what the vendor's labs send for a rule at the end.
  return { place: of === 'none' ? { side, of: 'last' } : { side, of }, properties: Object.fromEntries(properties) };
}
