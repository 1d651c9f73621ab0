import { textsAt } from '../../../../kit/simulator/tables/rows.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import { badValue, crossPartition, misconfigured, notFound } from '../api/failure.ts';
import type { Profile } from '../profile.ts';
import type { Entry, Schema, Schemas } from '../tables/schema.ts';

/** What a write works on. */
export interface Workspace {
  readonly store: Tables<Entry>;
  readonly schemas: Schemas;
  readonly profile: Profile;
  /** The configuration before the transaction: what was referred to there cannot be deleted in it. */
  readonly before: Tables<Entry>;
}

export function existing(store: Tables<Entry>, schema: Schema, fullPath: string): Entry {
  const entry = store.get(schema.id, fullPath);
  if (entry === undefined) throw notFound(schema.title, fullPath);
  return entry;
}

/** Puts an object that has been changed into the store, if it holds together. */
export function put({ store, schemas }: Workspace, schema: Schema, entry: Entry): Entry {
  schema.check?.(entry);
  checkReferences(store, schemas, schema, entry);
  const stored = { ...entry, generation: nextGeneration(store) };
  store.put(schema.id, entry.fullPath, stored);
  return stored;
}

/** The number of the next change, over all objects. */
export function nextGeneration(store: Tables<Entry>): number {
  return store.writes + 1;
}

/** @throws Failure for a reference to nothing, into a partition that this one may not look into, or to itself */
function checkReferences(store: Tables<Entry>, schemas: Schemas, schema: Schema, entry: Entry): void {
  const references = schema.references(entry);
  const missing = references.find(({ to, key }) => !to.some((table) => store.has(table, key)));
  if (missing !== undefined) throw notFound(schemas.get(missing.to[0] ?? '')?.title ?? 'object', missing.key);
  // Contexts such as the global rules are not objects of Common in this respect: they take a policy of any partition.
  if (schema.id.startsWith('/security/') && schema.scope === 'partition') {
    const partitions = references.map(({ key }) => key.split('/')[1] ?? '');
    const other = partitions.find((partition) => partition !== 'Common' && partition !== entry.partition);
    if (other !== undefined) throw crossPartition(`${schema.title} ${entry.fullPath}`, entry.partition, other);
  }
  for (const field of ['addressLists', 'portLists']) {
    const nested = ({ fields }: Entry): readonly string[] => textsAt(fields, field);
    if (store.reaches(schema.id, nested(entry), entry.fullPath, nested)) {
      throw misconfigured(`List (${entry.fullPath}) contains itself`);
    }
  }
}

/** Which characters a name may have is a guess on the strict side. */
export function checkName(name: string): void {
  if (name.length > 255) throw misconfigured(`The name (${name}) has more than 255 characters`);
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.:%-]*$/.test(name)) throw badValue('name', name);
}
