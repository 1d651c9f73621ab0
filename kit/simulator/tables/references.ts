import type { JsonObject } from '../../../src/core/model/json.ts';
import type { Field, Fields } from './fields.ts';
import { isObject, listAt, objectAt, scalar, textAt } from './rows.ts';

/** One row of one table. */
export interface RowKey {
  readonly table: string;
  readonly key: string;
}

/** A row names another one: the first of the tables that has the key is meant. */
export interface Reference {
  readonly to: readonly string[];
  readonly key: string;
  /** Nothing is wrong where it leads nowhere, as with the value that a device fills in itself. */
  readonly optional: boolean;
}

/** Everything that the rows of one table refer to, as its fields say. */
export function referencesOf(fields: Fields): (row: JsonObject) => readonly Reference[] {
  const parts = Object.entries(fields).flatMap(([name, field]) => {
    const { to, kind, fields: inner } = field;
    if (to !== undefined) {
      return [
        (row: JsonObject) => keysIn(name, field, row).map((key) => ({ to, key, optional: key === field.default })),
      ];
    }
    if (kind !== 'struct' || inner === undefined) return [];
    const below = referencesOf(inner);
    return [(row: JsonObject) => below(objectAt(row, name))];
  });
  return (row) => parts.flatMap((part) => part(row));
}

/** One key, a list of them, or a list of rows that have them. */
function keysIn(name: string, { key = 'name' }: Field, row: JsonObject): readonly string[] {
  if (!Array.isArray(row[name])) return [textAt(row, name)].filter((text) => text !== '');
  return listAt(row, name).map((item) => (isObject(item) ? textAt(item, key) : scalar(item)));
}

/** Who refers to what, kept up to date row by row. */
export class ReferenceIndex {
  readonly #targets = new Map<string, readonly string[]>();
  readonly #referrers = new Map<string, Map<string, RowKey>>();

  put(from: RowKey, to: readonly RowKey[]): void {
    this.remove(from);
    const own = idOf(from);
    const targets = to.map(idOf);
    if (targets.length > 0) this.#targets.set(own, targets);
    for (const target of targets) {
      const referrers = this.#referrers.get(target) ?? new Map<string, RowKey>();
      this.#referrers.set(target, referrers.set(own, from));
    }
  }

  remove(from: RowKey): void {
    const own = idOf(from);
    for (const target of this.#targets.get(own) ?? []) this.#referrers.get(target)?.delete(own);
    this.#targets.delete(own);
  }

  referrers(to: RowKey): readonly RowKey[] {
    return [...(this.#referrers.get(idOf(to))?.values() ?? [])];
  }
}

function idOf({ table, key }: RowKey): string {
  return `${table}\n${key}`;
}
