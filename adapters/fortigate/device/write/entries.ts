import { isClass } from '../../../../kit/common/api/answers.ts';
import type { Operations } from '../../../../kit/common/dispatch.ts';
import { objectsIn, textOf } from '../../../../kit/common/api/json.ts';
import { ourSubject } from '../../../../kit/common/ownership/marks.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { rowsOf } from '../../api/envelope.ts';
import { attributes, changedAttributes } from '../../objects/attributes.ts';
import { memberIn, tables } from '../../objects/names.ts';
import { edit, type Work } from '../device.ts';
import { firstFew } from '../../../../src/core/text/wording.ts';

/*
 * Entries that have a name of their own: addresses, services, schedules. Their creation may be repeated: what is there
 * already under the name is ours and is brought to the wanted content, or it is another owner's and is left alone.
 */

export const entryOperations = {
  create: async (work, { key, after }) => {
    await createEntry(work, key.kind, key.name, after.spec);
    const member = memberIn(work.owner, key.name, textOf(after.spec['comment']));
    if (member !== undefined) work.inventory.setAddress(key.kind, key.name, member);
  },
  update: (work, { key, before, after }) =>
    updateEntry(work, key.kind, key.name, changedAttributes(before.spec, after.spec, work.inventory.initial(key.kind))),
  delete: async (work, { key }) => {
    await deleteEntry(work, key.kind, key.name);
    work.inventory.dropAddress(key.kind, key.name);
  },
} satisfies Operations<Work>;

/** @throws AdapterError `foreign-owned` when an object without our mark has the name */
export async function createEntry(work: Work, table: string, name: string, spec: JsonObject): Promise<void> {
  try {
    // Sent again after a lost answer it is a duplicate of itself.
    await edit(work.ask, { method: 'POST', table, body: { name, ...attributes(spec) } });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await adopt(work, table, name, spec);
  }
}

async function adopt(work: Work, table: string, name: string, spec: JsonObject): Promise<void> {
  const [row] = rowsOf(await work.ask({ method: 'GET', base: 'cmdb', table, keys: [name] }));
  // What has no comment is ours by its name.
  if (table !== tables.schedule) refuseForeign(work, table, name, textOf(row?.[markField(table)]));
  await updateEntry(work, table, name, attributes(spec));
}

function markField(table: string): string {
  return table === tables.feed ? 'comments' : 'comment';
}

/** @throws AdapterError `foreign-owned` unless the text carries our mark */
export function refuseForeign({ owner }: Work, table: string, name: string, text: string): void {
  if (ourSubject(owner, text) !== undefined) return;
  const message = `${table} ${name} is there already without our mark; it is left alone. Rename or remove it.`;
  throw new AdapterError('foreign-owned', message);
}

export async function updateEntry(work: Work, table: string, name: string, body: JsonObject): Promise<void> {
  if (Object.keys(body).length === 0) return;
  await edit(work.ask, { method: 'PUT', table, keys: [name], body });
}

/** What is not there need not be deleted. @throws AdapterError `in-use` that names who uses it */
export async function deleteEntry(work: Work, table: string, name: string): Promise<void> {
  try {
    await edit(work.ask, { method: 'DELETE', table, keys: [name] });
  } catch (error) {
    if (isClass(error, 'not-found')) return;
    throw isClass(error, 'in-use') ? await inUse(work, table, name, error) : error;
  }
}

/** A duplicate is -5 or -15; builds before 7.0 may say 424 alone. */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof AdapterError)) return false;
  return error.errorClass === 'conflict' || (error.details.status === 424 && error.details.code === undefined);
}

/** The error that says who uses an object, as far as the device tells. */
async function inUse(work: Work, table: string, name: string, cause: AdapterError): Promise<AdapterError> {
  const users = await usersOf(work, table, name);
  if (users.length === 0) return cause;
  const message = `${table} ${name} is used by ${firstFew(users, 5)}; take it out there, then it is deleted.`;
  return new AdapterError('in-use', message, cause.details);
}

async function usersOf(work: Work, table: string, name: string): Promise<readonly string[]> {
  const [path = '', kind = ''] = table.split('/');
  try {
    const query = { q_path: path, q_name: kind, mkey: name };
    const [results] = rowsOf(await work.ask({ method: 'GET', base: 'monitor', table: 'system/object/usage', query }));
    return objectsIn(results?.['currently_using']).map(describeUser);
  } catch {
    return []; // who uses it is an extra: without it the refusal still stands
  }
}

function describeUser(user: JsonObject): string {
  const where = [user['path'], user['name']].map(textOf).filter((part) => part !== '');
  return `${where.join('/')} ${textOf(user['mkey'])}`.trim();
}
