import { badValue, misconfigured, notFound } from './failure.ts';
import type { Profile } from './profile.ts';
import { checkReferences } from './references.ts';
import type { Schema, Schemas } from './schema.ts';
import type { Entry, Store } from './store.ts';

/** What a write works on. */
export interface Workspace {
  readonly store: Store;
  readonly schemas: Schemas;
  readonly profile: Profile;
  /** The configuration before the transaction: what was referred to there cannot be deleted in it. */
  readonly before: Store;
}

export function existing(store: Store, schema: Schema, fullPath: string): Entry {
  const entry = store.get(schema.path, fullPath);
  if (entry === undefined) throw notFound(schema.title, fullPath);
  return entry;
}

/** Puts an object that has been changed into the store, if it holds together. */
export function put(work: Workspace, schema: Schema, entry: Entry): Entry {
  schema.check?.(entry);
  checkReferences(work.store, work.schemas, schema, entry);
  const stored = { ...entry, generation: work.store.generation() };
  work.store.put(schema.path, stored);
  return stored;
}

/** Which characters a name may have is a guess on the strict side. */
export function checkName(name: string): void {
  if (name.length > 255) throw misconfigured(`The name (${name}) has more than 255 characters`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:%-]*$/.test(name)) throw badValue('name', name);
}
