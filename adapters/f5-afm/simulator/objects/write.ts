import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { duplicate, Failure, folderMissing, misconfigured, nameless, notAllowed, nothingToDo } from '../api/failure.ts';
import { isDecoration, pathOf, readFields } from '../tables/fields.ts';
import { folderPath, partitionPath } from '../tables/network.ts';
import type { Entry, Schema } from '../tables/schema.ts';
import { listOfRules } from './rules.ts';
import { checkName, existing, put, type Workspace } from './workspace.ts';

export type { Workspace } from './workspace.ts';

const identifiers = new Set(['name', 'partition', 'subPath']);

export function create(work: Workspace, schema: Schema, body: JsonObject): Entry {
  if (schema.scope === 'singleton') throw notAllowed('POST');
  const identity = identityOf(schema, body);
  checkFolder(work.store, schema, identity);
  if (work.store.has(schema.id, identity.fullPath)) {
    throw duplicate(schema.title, identity.fullPath, identity.partition === '' ? 'Common' : identity.partition);
  }
  const empty: Entry = { ...identity, generation: 0, fields: {}, rules: [] };
  if (schema.id === partitionPath) work.store.put(folderPath, `/${identity.name}`, rootFolder(identity.name));
  return put(work, schema, changed(work, schema, empty, body, schema.defaults));
}

/** PATCH: what the body does not name stays. */
export function modify(work: Workspace, schema: Schema, fullPath: string, body: JsonObject): Entry {
  const before = existing(work.store, schema, fullPath);
  if (!Object.keys(body).some((name) => !isDecoration(name) && !identifiers.has(name))) throw nothingToDo();
  return put(work, schema, changed(work, schema, before, body, before.fields));
}

/** PUT: what the body does not name is as if it had never been set. */
export function replace(work: Workspace, schema: Schema, fullPath: string, body: JsonObject): Entry {
  const before = existing(work.store, schema, fullPath);
  return put(work, schema, changed(work, schema, before, body, schema.defaults));
}

export function remove(work: Workspace, schema: Schema, fullPath: string): void {
  if (schema.scope === 'singleton') throw notAllowed('DELETE');
  const entry = existing(work.store, schema, fullPath);
  if (schema.id === partitionPath) checkEmpty(work, entry.name);
  // The vendor's own declarative extension takes references away before its transaction: one that removes reference
  // and target together is taken to be refused.
  const [holder] = [work.store, work.before].flatMap((store) => store.referrers(schema.id, fullPath));
  if (holder !== undefined) {
    const user = `${work.schemas.get(holder.table)?.title ?? ''} (${holder.key})`;
    throw misconfigured(`${schema.title} (${fullPath}) cannot be deleted because it is in use by ${user}`);
  }
  work.store.remove(schema.id, fullPath);
  if (schema.id === partitionPath) work.store.remove(folderPath, `/${entry.name}`);
}

function changed(work: Workspace, schema: Schema, before: Entry, body: JsonObject, base: JsonObject): Entry {
  const properties: Record<string, Json> = {};
  let rules = before.rules;
  for (const [name, value] of Object.entries(body)) {
    if (name === 'rules' && schema.rules !== undefined) rules = listOfRules(work, schema.rules, value);
    else if (!identifiers.has(name)) properties[name] = value;
    else checkIdentity(schema, before, name, value);
  }
  return { ...before, fields: readFields(schema.fields, base, properties), rules };
}

/** An identifier in the body is the object's own, or it is refused: nothing is renamed. */
function checkIdentity(schema: Schema, entry: Entry, name: string, value: Json): void {
  const own = { name: entry.name, partition: entry.partition, subPath: entry.subPath }[name];
  if (schema.scope !== 'partition' || value === own || value === entry.fullPath) return;
  throw new Failure(400, `"${name}" may not be specified in the context of the "modify" command.`, 26_214_401);
}

/** Every partition has a folder of its name, which comes and goes with it. */
function rootFolder(name: string): Entry {
  return { name, partition: '/', subPath: '', fullPath: `/${name}`, generation: 1, fields: {}, rules: [] };
}

type Identity = Pick<Entry, 'name' | 'partition' | 'subPath' | 'fullPath'>;

function identityOf(schema: Schema, body: JsonObject): Identity {
  const given = body['name'];
  if (typeof given !== 'string' || given === '') throw nameless();
  if (schema.scope === 'global') {
    checkName(given);
    return { name: given, partition: '', subPath: '', fullPath: given };
  }
  const fullPath = pathOf(body);
  const segments = fullPath.split('/').slice(1);
  const name = segments.at(-1) ?? '';
  checkName(name);
  return { name, partition: segments[0] ?? '', subPath: segments.slice(1, -1).join('/'), fullPath };
}

function checkFolder(store: Workspace['store'], schema: Schema, { partition, subPath }: Identity): void {
  if (schema.scope !== 'partition') return;
  if (!store.has(partitionPath, partition)) throw folderMissing(`/${partition}`);
  const folder = `/${partition}/${subPath}`;
  if (subPath !== '' && !store.has(folderPath, folder)) throw folderMissing(folder);
}

function checkEmpty({ store, schemas }: Workspace, partition: string): void {
  for (const schema of schemas.values()) {
    for (const entry of store.rows(schema.id).values()) {
      if (entry.partition !== partition) continue;
      const why = 'You must remove all objects from a partition before removing the partition';
      throw new Failure(400, `0107082a:3: ${why} (${partition}), type ID (4032)`, 3);
    }
  }
}
