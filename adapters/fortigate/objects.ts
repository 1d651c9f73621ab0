import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import { isClass } from './client.ts';
import { repeatable, type Workplace } from './device.ts';
import { rowsOf } from './envelope.ts';
import { ourSubject, tables } from './names.ts';
import { attributes, textOf } from './native.ts';

/*
 * Entries that have a name of their own. Their creation may be repeated: what is there already under the name is ours
 * and is brought to the wanted content, or it is somebody else's and is left alone.
 */

/** @throws AdapterError `foreign-owned` when an object without our mark has the name */
export async function createNamed(work: Workplace, table: string, name: string, spec: JsonObject): Promise<void> {
  const body = { name, ...attributes(spec) };
  try {
    // Sent again after a lost answer it is a duplicate of itself.
    await repeatable(work.ask, { method: 'POST', base: 'cmdb', table, body });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await adopt(work, table, name, spec);
  }
}

async function adopt(work: Workplace, table: string, name: string, spec: JsonObject): Promise<void> {
  const [row] = rowsOf(await work.ask({ method: 'GET', base: 'cmdb', table, keys: [name] }));
  const mark = textOf(row?.[table === tables.feed ? 'comments' : 'comment']);
  // What has no comment is ours by its name.
  if (table !== tables.schedule && ourSubject(work.owner, mark) === undefined) {
    throw new AdapterError(
      'foreign-owned',
      `${table} ${name} is there already without our mark; it is left alone. Rename or remove it.`,
    );
  }
  await updateNamed(work, table, name, attributes(spec));
}

export async function updateNamed(work: Workplace, table: string, name: string, body: JsonObject): Promise<void> {
  if (Object.keys(body).length === 0) return;
  await repeatable(work.ask, { method: 'PUT', base: 'cmdb', table, keys: [name], body });
}

/** What is not there need not be deleted. @throws AdapterError `in-use` that names who uses it */
export async function deleteNamed(work: Workplace, table: string, name: string): Promise<void> {
  try {
    await repeatable(work.ask, { method: 'DELETE', base: 'cmdb', table, keys: [name] });
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
async function inUse(work: Workplace, table: string, name: string, cause: unknown): Promise<unknown> {
  const users = await usersOf(work, table, name);
  if (!(cause instanceof AdapterError) || users.length === 0) return cause;
  const list = users.slice(0, 5).join(', ') + (users.length > 5 ? ` and ${users.length - 5} more` : '');
  return new AdapterError(
    'in-use',
    `${table} ${name} is used by ${list}; take it out there, then it is deleted.`,
    cause.details,
  );
}

async function usersOf(work: Workplace, table: string, name: string): Promise<readonly string[]> {
  const [path = '', kind = ''] = table.split('/');
  try {
    const query = { q_path: path, q_name: kind, mkey: name };
    const [results] = rowsOf(await work.ask({ method: 'GET', base: 'monitor', table: 'system/object/usage', query }));
    const using = results?.['currently_using'];
    return Array.isArray(using) ? (using as readonly JsonObject[]).map(describeUser) : [];
  } catch {
    return []; // who uses it is an extra: without it the refusal still stands
  }
}

function describeUser(user: JsonObject): string {
  const where = [user['path'], user['name']]
    .map(textOf)
    .filter((part) => part !== '')
    .join('/');
  return `${where} ${textOf(user['mkey'])}`.trim();
}
