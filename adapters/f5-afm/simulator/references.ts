import type { JsonObject } from '../../../src/core/model/json.ts';
import { crossPartition, misconfigured, notFound } from './failure.ts';
import { isObject, textAt, textsAt, type Fields, type Schema, type Schemas } from './schema.ts';
import type { Entry, Store } from './store.ts';

export interface Reference {
  /** The collections it may be in. */
  readonly to: readonly string[];
  readonly fullPath: string;
}

/** Everything that an object, with its rules, refers to. */
export function referencesOf(schema: Schema, entry: Entry): readonly Reference[] {
  const own = inFields(schema.fields, entry.fields);
  const ruleFields = schema.rules?.fields ?? {};
  return [...own, ...entry.rules.flatMap((rule) => inFields(ruleFields, rule.fields))];
}

function inFields(fields: Fields, row: JsonObject): readonly Reference[] {
  return Object.entries(row).flatMap(([name, value]) => {
    const field = fields[name];
    switch (field?.kind) {
      case 'reference':
        return [{ to: field.to, fullPath: textAt(row, name) }];
      case 'children':
      case 'paths':
        return textsAt(row, name).map((fullPath) => ({ to: field.to, fullPath }));
      case 'struct':
        return isObject(value) ? inFields(field.fields, value) : [];
      default:
        return [];
    }
  });
}

/** @throws Failure for a reference to nothing, or into a partition that this one may not look into. */
export function checkReferences(store: Store, schemas: Schemas, schema: Schema, entry: Entry): void {
  for (const { to, fullPath } of referencesOf(schema, entry)) {
    if (!to.some((path) => store.get(path, fullPath) !== undefined)) {
      throw notFound(schemas.get(to[0] ?? '')?.title ?? 'object', fullPath);
    }
    const partition = fullPath.split('/')[1] ?? '';
    const own = entry.partition === '' ? 'Common' : entry.partition;
    // Contexts such as the global rules are not objects of Common in this respect: they take a policy of any partition.
    const bound = schema.path.startsWith('/security/') && schema.scope === 'partition';
    if (bound && partition !== 'Common' && partition !== own) {
      throw crossPartition(`${schema.title} ${entry.fullPath}`, own, partition);
    }
  }
  if (entry.fields['addressLists'] !== undefined) checkCycle(store, schema.path, 'addressLists', entry);
  if (entry.fields['portLists'] !== undefined) checkCycle(store, schema.path, 'portLists', entry);
}

function checkCycle(store: Store, path: string, field: string, entry: Entry): void {
  const seen = new Set<string>();
  const pending = [...textsAt(entry.fields, field)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === entry.fullPath) throw misconfigured(`List (${entry.fullPath}) contains itself`);
    if (seen.has(next)) continue;
    seen.add(next);
    pending.push(...textsAt(store.get(path, next)?.fields ?? {}, field));
  }
}

/** What refers to an object, as messages name it; undefined: nothing does. */
export function referrer(store: Store, schemas: Schemas, path: string, fullPath: string): string | undefined {
  for (const schema of schemas.values()) {
    for (const entry of store.all(schema.path).values()) {
      const refers = referencesOf(schema, entry).some(
        (reference) => reference.fullPath === fullPath && reference.to.includes(path),
      );
      if (refers) return `${schema.title} (${entry.fullPath})`;
    }
  }
  return undefined;
}
