import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import { referencesOf, type Reference } from '../../../../kit/simulator/tables/references.ts';
import { Tables } from '../../../../kit/simulator/tables/tables.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';

/** One object as it is kept. */
export interface Entry {
  readonly name: string;
  /** Empty for what lives in no partition. */
  readonly partition: string;
  /** Folders below the partition, `Shared/App`; empty for none. */
  readonly subPath: string;
  /** `/Common/Shared/x`; the bare name of what lives in no partition, and of rules. */
  readonly fullPath: string;
  readonly generation: number;
  readonly fields: JsonObject;
  /** In order. */
  readonly rules: readonly Entry[];
}

/** A kind of object: where it lives, what it is called, and what it is made of. */
export interface Schema {
  /** Path of the collection, `/security/firewall/address-list`. */
  readonly id: string;
  /** As in messages: `Firewall Address List`. */
  readonly title: string;
  readonly fields: Fields;
  /** Filled in where nothing was given. */
  readonly defaults: JsonObject;
  /** `partition`: lives in a folder. `global`: in none. `singleton`: there is exactly one. */
  readonly scope: 'partition' | 'global' | 'singleton';
  /** The fields of its ordered rules. */
  readonly rules?: Fields;
  readonly delivered: readonly JsonObject[];
  /** Whether it holds together in itself. @throws Failure */
  readonly check?: (entry: Entry) => void;
  /** Everything that an object, with its rules, refers to. */
  readonly references: (entry: Entry) => readonly Reference[];
}

export type Schemas = ReadonlyMap<string, Schema>;

export function schema(id: string, title: string, more: Partial<Omit<Schema, 'id' | 'title' | 'references'>>): Schema {
  const own = referencesOf(more.fields ?? {});
  const ofRule = referencesOf(more.rules ?? {});
  const references = ({ fields, rules }: Entry): readonly Reference[] => [
    ...own(fields),
    ...rules.flatMap((rule) => ofRule(rule.fields)),
  ];
  return { id, title, fields: {}, defaults: {}, scope: 'partition', delivered: [], references, ...more };
}

export function emptyTables(schemas: Schemas): Tables<Entry> {
  return new Tables((id, entry) => schemas.get(id)?.references(entry) ?? []);
}
