import { mayDo } from './access.ts';
import { bodyOf, type Call, type Reply } from './call.ts';
import { addChild, childrenOf, removeChild, updateChild } from './children.ts';
import { commandLines } from './command-lines.ts';
import { describeSchema } from './describe.ts';
import type { Device } from './device.ts';
import { badRequest, Failure, forbidden, notAllowed, notFound } from './failure.ts';
import { list, shown, shownChildren } from './query.ts';
import type { TableSchema } from './schema.ts';
import type { Store } from './store.ts';
import { transactionId, type Transaction } from './transactions.ts';
import { childKey, defaults } from './values.ts';
import { clone, create, move, remove, update, type Workspace, type Written } from './write.ts';

/** `/api/v2/cmdb/<path>/<name>[/<mkey>[/<child>[/<child mkey>]]]` for one VDOM. */
export function answerCmdb(device: Device, call: Call, vdom: string): Reply {
  const [path = '', name = '', key, child, childName, ...rest] = call.segments;
  const schema = device.settings.schemas.get(`${path}/${name}`);
  const main = device.store(vdom);
  if (schema === undefined || main === undefined || rest.length > 0) throw notFound();
  if (!mayDo(call.user, schema.group, call.method)) throw forbidden(`access profile lacks ${schema.group}`);
  const target = { schema, key, child, childKey: childName };
  const transaction = openTransaction(device, call, vdom);
  if (transaction !== undefined) device.transactions.follow(transaction, main, device.settings.schemas);
  const store = transaction?.store ?? main;
  if (call.method === 'GET') return read(device, call, target, { store, vdom });
  return written(device, call, target, { store, vdom, transaction });
}

interface Target {
  readonly schema: TableSchema;
  readonly key: string | undefined;
  readonly child: string | undefined;
  readonly childKey: string | undefined;
}

function openTransaction(device: Device, call: Call, vdom: string): Transaction | undefined {
  const header = call.headers['x-transaction-id'];
  return header === undefined ? undefined : device.transactions.get(transactionId({ 'transaction-id': header }), vdom);
}

function read(device: Device, call: Call, target: Target, at: { readonly store: Store; readonly vdom: string }): Reply {
  const { schema, key, child } = target;
  const revision = device.revision(at.vdom, schema.id);
  const action = call.query.get('action');
  const answer = (results: Reply['fields'][string], more: Reply['fields'] = {}): Reply => ({
    status: 200,
    fields: { ...more, revision, results },
    wrote: false,
  });
  if (action === 'schema') return answer(describeSchema(schema));
  if (action === 'default') return answer(defaults(schema.fields));
  if (action !== null && action !== 'meta') throw badRequest(`invalid request: action ${action} is not supported`);
  if (key === undefined) {
    const { results, size, matched, nextIndex } = list(at.store, schema, call.query);
    const counts = { size, matched_count: matched, next_idx: nextIndex, limit_reached: false };
    return answer(results, device.settings.profile.listMetadata ? counts : {});
  }
  if (child !== undefined) return answer(readChildren(at.store, target), { mkey: key });
  const row = at.store.get(schema.id, key);
  if (row === undefined) throw notFound();
  return answer([shown(at.store, schema, row, call.query)], { mkey: row[schema.mkey] ?? key });
}

function readChildren(
  store: Store,
  { schema, key = '', child = '', childKey: wanted }: Target,
): Reply['fields'][string] {
  const { field, present } = childrenOf({ store }, schema, { key, child });
  const rows = wanted === undefined ? present : present.filter((row) => childKey(field, row) === wanted);
  if (wanted !== undefined && rows.length === 0) throw notFound();
  return shownChildren(field, rows);
}

function written(
  device: Device,
  call: Call,
  target: Target,
  at: { readonly store: Store; readonly vdom: string; readonly transaction: Transaction | undefined },
): Reply {
  const { schema } = target;
  const { transaction, vdom } = at;
  if (transaction !== undefined && !schema.transactional) {
    throw new Failure(`table ${schema.id} does not support transactions`, -61);
  }
  device.transactions.refuseLocked(vdom, schema.id, transaction);
  const before = device.revision(vdom, schema.id);
  const result = write(device.workspace(at.store), call, target);
  if (transaction !== undefined && result.changed) {
    transaction.tables.add(schema.id);
    transaction.lines.push(...commandLines(call, target));
  }
  const after = device.revision(vdom, schema.id);
  const changed = before !== after;
  return {
    status: 200,
    fields: {
      revision: after,
      ...(changed ? { old_revision: before } : {}),
      revision_changed: changed,
      mkey: result.mkey,
    },
    wrote: result.changed,
  };
}

function write(work: Workspace, call: Call, target: Target): Written {
  const { schema, key, child } = target;
  const action = call.query.get('action');
  if (action !== null && (key === undefined || child !== undefined || !['clone', 'move'].includes(action))) {
    throw badRequest(`invalid request: action ${action} is not supported`);
  }
  if (key === undefined) {
    if (call.method !== 'POST') throw notAllowed();
    return create(work, schema, bodyOf(call));
  }
  if (child !== undefined) return writeChild(work, call, { ...target, key, child });
  switch (call.method) {
    case 'POST': {
      const newName = call.query.get('nkey');
      if (action !== 'clone') throw notAllowed();
      if (newName === null) throw badRequest('invalid request: nkey is missing');
      return clone(work, schema, key, newName);
    }
    case 'PUT':
      return action === 'move' ? move(work, schema, key, placeOf(call)) : update(work, schema, key, bodyOf(call));
    case 'DELETE':
      return remove(work, schema, key);
    default:
      throw notAllowed();
  }
}

function placeOf(call: Call): { readonly before?: string; readonly after?: string } {
  const before = call.query.get('before');
  const after = call.query.get('after');
  return { ...(before === null ? {} : { before }), ...(after === null ? {} : { after }) };
}

function writeChild(
  work: Workspace,
  call: Call,
  target: Target & { readonly key: string; readonly child: string },
): Written {
  const { schema, key, child, childKey: name } = target;
  if (name === undefined) {
    if (call.method !== 'POST') throw notAllowed();
    return addChild(work, schema, { key, child }, bodyOf(call));
  }
  switch (call.method) {
    case 'PUT':
      return updateChild(work, schema, { key, child, childKey: name }, bodyOf(call));
    case 'DELETE':
      return removeChild(work, schema, { key, child, childKey: name });
    default:
      throw notAllowed();
  }
}
