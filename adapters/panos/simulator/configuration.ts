import { isObject, textOf } from '../../../kit/common/api/json.ts';
import { at, elementsIn, elementText, xmlReader } from '../../../kit/common/api/xml.ts';
import type { Json, JsonObject } from '../../../src/core/model/json.ts';
import { Refusal } from './answers.ts';
import { check, usersOf, type Surroundings } from './schema.ts';
import {
  editKey,
  entriesOf,
  entryOf,
  rulesTable,
  tables,
  withEntries,
  type Entry,
  type State,
  type Table,
} from './state.ts';

/* `type=config`: edits of the candidate configuration, one by one or many at once, all or none. */

/** Of the one virtual system that there is. */
export interface Path {
  readonly table: Table;
  readonly name?: string;
}

/** One edit, its attributes beside its elements. */
export interface Ask {
  readonly action: string;
  readonly xpath: string;
  readonly element: JsonObject;
  readonly where?: string;
  readonly dst?: string;
  readonly newname?: string;
}

const read = xmlReader('entry', 'member', 'line');

/** @throws Refusal 18 for what is no XML */
export function elementsOf(text: string): JsonObject {
  const parsed = read(`<root>${text}</root>`);
  if (parsed === undefined) throw new Refusal(18, 'Malformed Request');
  const inside = parsed['root'] ?? '';
  return isObject(inside) ? inside : {};
}

/** The only device group that there is. */
export const deviceGroup = 'edge';

const groupPath =
  /^\/config\/devices\/entry\[@name='localhost\.localdomain'\]\/device-group\/entry\[@name='([\w .-]+)'\]/;

/** @throws Refusal 6 for a path that leads elsewhere than to the tables of vsys1, or of the device group */
export function pathOf(xpath: string, { manages }: Pick<Surroundings, 'manages'>): Path {
  const [, , place, , where, rest = ''] =
    /^\/config\/devices\/entry\[@name=(['"])localhost\.localdomain\1\]\/(vsys|device-group)\/entry\[@name=(['"])([\w-]+)\3\]\/(.+)$/.exec(
      xpath,
    ) ?? [];
  const isHere = manages === undefined ? place === 'vsys' && where === 'vsys1' : where === deviceGroup;
  const named = (one: Table): string => (manages !== undefined && one === rulesTable ? `pre-${one}` : one);
  const table = tables.find((one) => rest === named(one) || rest.startsWith(`${named(one)}/`));
  const after = table === undefined ? '' : rest.slice(named(table).length);
  const [, , name] = /^\/entry\[@name=(['"])([^'"]+)\1\]$/.exec(after) ?? [];
  if (!isHere || table === undefined || (after !== '' && name === undefined))
    throw new Refusal(6, `Invalid xpath: ${xpath.slice(0, 120)}`);
  return { table, ...(name !== undefined && { name }) };
}

/** The state after an edit. @throws Refusal */
export function edited(state: State, admin: string, ask: Ask, around: Surroundings): State {
  if (state.lockedBy !== undefined && state.lockedBy !== admin)
    throw new Refusal(14, `Configuration is locked by ${state.lockedBy}`);
  const { table, name } = pathOf(ask.xpath, around);
  switch (ask.action) {
    case 'set':
      return givenEntries(ask, name).reduce(
        (now, entry) => put(now, admin, table, merged(now, table, entry), around),
        state,
      );
    case 'edit':
      return put(state, admin, table, onlyEntry(ask, name), around);
    case 'delete':
      return dropped(state, admin, table, named(name));
    case 'move':
      return moved(state, admin, named(name), ask);
    default:
      throw new Refusal(17, `Invalid action: ${ask.action.slice(0, 40)}`);
  }
}

/** Many edits, each with its number. @throws Refusal with the first that is refused; then none counts */
export function editedAtOnce(
  state: State,
  admin: string,
  request: readonly (readonly [string, JsonObject])[],
  around: Surroundings,
): State {
  return request.reduce((now, [action, says], index) => {
    const attribute = (name: string): string => textOf(says[`@${name}`]);
    const element = Object.fromEntries(Object.entries(says).filter(([field]) => !field.startsWith('@')));
    const ask = { action, xpath: attribute('xpath'), element, where: attribute('where'), dst: attribute('dst') };
    try {
      return edited(now, admin, ask, around);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new RefusedEdit(error, attribute('id') || `${index + 1}`);
    }
  }, state);
}

/** Which of many was refused. */
export class RefusedEdit extends Error {
  readonly refusal: Refusal;
  readonly id: string;

  constructor(refusal: Refusal, id: string) {
    super(refusal.message);
    this.refusal = refusal;
    this.id = id;
  }
}

function named(name: string | undefined): string {
  if (name === undefined) throw new Refusal(12, 'The xpath names no entry');
  return name;
}

function entryIn(element: Json): Entry {
  const { '@name': name, ...body } = isObject(element) ? element : {};
  return { name: textOf(name), body: withoutAttributes(body) };
}

function withoutAttributes(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([field]) => !field.startsWith('@') && field !== '#text'));
}

function givenEntries({ element }: Ask, name: string | undefined): readonly Entry[] {
  if (name !== undefined && element['entry'] === undefined) return [{ name, body: withoutAttributes(element) }];
  const entries = elementsIn(element['entry']).map(entryIn);
  if (entries.length === 0) throw new Refusal(12, 'The element has no entry');
  return entries;
}

function onlyEntry(ask: Ask, name: string | undefined): Entry {
  const [entry, ...more] = givenEntries({ ...ask, element: { entry: ask.element['entry'] ?? '' } }, undefined);
  if (entry === undefined || more.length > 0 || entry.name !== named(name))
    throw new Refusal(12, 'edit failed, the element is not what the xpath names');
  return entry;
}

function merged(state: State, table: Table, { name, body }: Entry): Entry {
  return { name, body: { ...entryOf(state.candidate, table, name)?.body, ...body } };
}

function put(state: State, admin: string, table: Table, entry: Entry, around: Surroundings): State {
  check(state.candidate, table, entry, around);
  const entries = entriesOf(state.candidate, table);
  const place = entries.findIndex(({ name }) => name === entry.name);
  return noted(state, admin, table, entry.name, place < 0 ? [...entries, entry] : entries.with(place, entry));
}

function dropped(state: State, admin: string, table: Table, name: string): State {
  const entries = entriesOf(state.candidate, table);
  if (!entries.some((entry) => entry.name === name)) throw new Refusal(7, "Object doesn't exist");
  const users = usersOf(state.candidate, table, name);
  if (users.length > 0) throw new Refusal(10, [`${name} cannot be deleted because of references from:`, ...users]);
  const left = entries.filter((entry) => entry.name !== name);
  return noted(state, admin, table, name, left);
}

function moved(state: State, admin: string, name: string, { where = '', dst = '' }: Ask): State {
  const entries = entriesOf(state.candidate, rulesTable);
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) throw new Refusal(7, "Object doesn't exist");
  const rest = entries.filter((one) => one !== entry);
  const beside = rest.findIndex((one) => one.name === dst);
  const place = { top: 0, bottom: rest.length, before: beside, after: beside + 1 }[where];
  if (place === undefined) throw new Refusal(17, `Invalid where: ${where.slice(0, 20)}`);
  if (beside < 0 && where !== 'top' && where !== 'bottom') throw new Refusal(14, `${dst} is not there to move beside`);
  return noted(state, admin, rulesTable, name, rest.toSpliced(place, 0, entry));
}

function noted(state: State, admin: string, table: Table, name: string, entries: readonly Entry[]): State {
  return {
    ...state,
    candidate: withEntries(state.candidate, table, entries),
    edited: new Map([...state.edited, [editKey(table, name), admin]]),
  };
}

/** What `show` and `get` answer. */
export function shown(state: State, action: string, xpath: string, around: Surroundings): JsonObject | undefined {
  const [whole = '', group] = around.manages === undefined ? [] : (groupPath.exec(xpath) ?? []);
  // What is looked for in a group that is not there is not there either, and no mistake.
  if (group !== undefined && group !== deviceGroup) return undefined;
  if (group !== undefined && whole === xpath) return { entry: [{ '@name': group }] };
  const { table, name } = pathOf(xpath, around);
  const config = action === 'show' ? state.running : state.candidate;
  const entries = entriesOf(config, table).filter((entry) => name === undefined || entry.name === name);
  if (entries.length === 0) return undefined;
  const list = entries.map((entry) => ({ '@name': entry.name, ...entry.body }));
  return name === undefined ? { [table.slice(table.lastIndexOf('/') + 1)]: { entry: list } } : { entry: list };
}

/** The text below `cmd`, such as the user of a partial commit. */
export function adminsIn(cmd: JsonObject, ...path: readonly string[]): readonly string[] {
  return elementsIn(at(cmd, ...path, 'admin', 'member')).map(elementText);
}
