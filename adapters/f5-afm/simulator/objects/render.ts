import type { Fields } from '../../../../kit/simulator/tables/fields.ts';
import { isObject, textAt, textsAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Profile } from '../profile.ts';
import type { Entry, Schema } from '../tables/schema.ts';

const host = 'https://localhost/mgmt/tm';

/** How objects look from outside, in one version, under the path they were asked for by. */
export class Renderer {
  readonly #profile: Profile;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** @param path where it was asked for, which need not be where it is kept. */
  item(path: string, schema: Schema, entry: Entry, expand: boolean): JsonObject {
    const self = schema.scope === 'singleton' ? path : `${path}/${encoded(entry.fullPath)}`;
    const rules =
      schema.rules === undefined ? {} : { rulesReference: this.#rulesReference(self, schema, entry, expand) };
    return {
      kind: `tm:${colons(path)}:${last(path)}state`,
      ...(schema.scope === 'singleton' ? {} : identity(entry)),
      ...(schema.scope === 'singleton' ? {} : { generation: entry.generation }),
      selfLink: this.#link(self),
      ...this.#fields(schema.fields, entry.fields),
      ...rules,
    };
  }

  /** A collection without items has no `items`. */
  collection(path: string, items: readonly JsonObject[]): JsonObject {
    return {
      kind: `tm:${colons(path)}:${last(path)}collectionstate`,
      selfLink: this.#link(path),
      ...(items.length === 0 ? {} : { items }),
    };
  }

  rule(path: string, schema: Schema, parent: Entry, rule: Entry): JsonObject {
    const self = `${path}/${encoded(parent.fullPath)}/rules/${encoded(rule.name)}`;
    const number = parent.rules.findIndex(({ name }) => name === rule.name) + 1;
    const { source, destination, ...rest } = this.#fields(schema.rules ?? {}, rule.fields);
    const ends =
      rule.fields['ruleList'] === undefined
        ? { destination: destination ?? {}, source: { identity: {}, ...(isObject(source) ? source : {}) } }
        : {};
    return {
      kind: `tm:${colons(path)}:rules:rulesstate`,
      name: rule.name,
      fullPath: rule.name,
      generation: rule.generation,
      selfLink: this.#link(self),
      ...rest,
      ...ends,
      ...(this.#profile.ruleNumbers ? { ruleNumber: number } : {}),
    };
  }

  rules(path: string, schema: Schema, parent: Entry): JsonObject {
    const items = parent.rules.map((rule) => this.rule(path, schema, parent, rule));
    return {
      kind: `tm:${colons(path)}:rules:rulescollectionstate`,
      selfLink: this.#link(`${path}/${encoded(parent.fullPath)}/rules`),
      ...(items.length === 0 ? {} : { items }),
    };
  }

  #rulesReference(self: string, schema: Schema, entry: Entry, expand: boolean): JsonObject {
    const path = self.slice(0, self.lastIndexOf('/'));
    const items = expand ? entry.rules.map((rule) => this.rule(path, schema, entry, rule)) : [];
    return { link: this.#link(`${self}/rules`), isSubcollection: true, ...(items.length === 0 ? {} : { items }) };
  }

  #fields(fields: Fields, row: JsonObject): JsonObject {
    const shown = Object.keys(fields)
      .toSorted()
      .flatMap((name) => (row[name] === undefined ? [] : this.#field(fields, row, name)));
    return Object.fromEntries(shown);
  }

  #field(fields: Fields, row: JsonObject, name: string): readonly (readonly [string, Json])[] {
    const { kind, to = [], fields: inner = {} } = fields[name] ?? {};
    const value = row[name] ?? null;
    const shown: Json =
      kind === 'children'
        ? textsAt(row, name).map((path) => this.#child(to, path))
        : kind === 'struct' && isObject(value)
          ? this.#fields(inner, value)
          : value;
    if (kind === 'reference')
      return [
        [name, shown],
        [`${name}Reference`, this.#target(to, textAt(row, name))],
      ];
    if (kind !== 'paths') return [[name, shown]];
    return [
      [name, shown],
      [`${name}Reference`, textsAt(row, name).map((path) => this.#target(to, path))],
    ];
  }

  #child(to: readonly string[], fullPath: string): JsonObject {
    const segments = fullPath.split('/').slice(1);
    const subPath = segments.slice(1, -1).join('/');
    return {
      name: segments.at(-1) ?? '',
      partition: segments[0] ?? '',
      ...(subPath === '' ? {} : { subPath }),
      nameReference: this.#target(to, fullPath),
    };
  }

  #target(to: readonly string[], fullPath: string): JsonObject {
    return { link: this.#link(`${to[0] ?? ''}/${encoded(fullPath)}`) };
  }

  #link(path: string): string {
    return `${host}${path}?ver=${this.#profile.version}`;
  }
}

function identity({ name, partition, subPath, fullPath }: Entry): JsonObject {
  return {
    name,
    ...(partition === '' ? {} : { partition }),
    ...(subPath === '' ? {} : { subPath }),
    fullPath,
  };
}

function encoded(fullPath: string): string {
  return fullPath.replaceAll('/', '~').replaceAll('%', '%25');
}

function colons(path: string): string {
  return path.slice(1).replaceAll('/', ':');
}

function last(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
