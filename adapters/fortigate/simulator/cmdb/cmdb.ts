import { defaults } from '../../../../kit/simulator/tables/fields.ts';
import type { Tables } from '../../../../kit/simulator/tables/tables.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import { mayDo } from '../api/access.ts';
import { bodyOf, type Call, type Reply } from '../api/call.ts';
import { badRequest, Failure, forbidden, notAllowed, notFound } from '../api/failure.ts';
import type { Device } from '../device.ts';
import { childKey } from '../tables/fields.ts';
import type { Row, TableSchema } from '../tables/schema.ts';
import type { Vdom } from '../vdom.ts';
import { addChild, childrenOf, removeChild, updateChild, type ChildTable } from './children.ts';
import { commandLines } from './command-lines.ts';
import { describeSchema } from './describe.ts';
import { list, shown, shownChildren } from './query.ts';
import { follow, refuseLocked, transactionIn, type Transaction } from './transactions.ts';
import { clone, create, move, remove, update, type Workspace, type Written } from './write.ts';

/** What a path below `cmdb` names. */
export interface Target {
  readonly schema: TableSchema;
  readonly key: string | undefined;
  readonly child: string | undefined;
  readonly childKey: string | undefined;
}

/** Tables of a single entry, which has no name; nobody changes them here. */
const singletons: Readonly<Record<string, (device: Device) => JsonObject>> = {
  'system/settings': ({ settings }) => ({ opmode: 'nat', 'ngfw-mode': settings.ngfwMode }),
  'system/global': ({ settings }) => ({
    hostname: 'simulator',
    'cfg-save': settings.saving,
    'cfg-revert-timeout': 600,
  }),
};

function readSingleton(device: Device, call: Call, entry: JsonObject): Reply {
  if (!mayDo(call.user, 'sysgrp.cfg', call.method)) throw forbidden('access profile lacks sysgrp.cfg');
  if (call.method !== 'GET') throw notAllowed();
  return { fields: { revision: device.checksum(), results: entry }, wrote: false };
}

/** `/api/v2/cmdb/<path>/<name>[/<mkey>[/<child>[/<child mkey>]]]` for one VDOM. */
export function answerCmdb(device: Device, call: Call, vdom: Vdom): Reply {
  const [path = '', name = '', key, child, childName, ...rest] = call.segments;
  const singleton = singletons[`${path}/${name}`];
  if (singleton !== undefined && key === undefined) return readSingleton(device, call, singleton(device));
  const schema = device.settings.schemas.get(`${path}/${name}`);
  if (schema === undefined || rest.length > 0) throw notFound();
  if (!mayDo(call.user, schema.group, call.method)) throw forbidden(`access profile lacks ${schema.group}`);
  const target = { schema, key, child, childKey: childName };
  const header = call.headers['x-transaction-id'];
  const named = { 'transaction-id': header };
  const transaction = header === undefined ? undefined : transactionIn(device.transactions, named, vdom.name);
  if (transaction !== undefined) follow(transaction, vdom, device.settings.schemas);
  if (call.method === 'GET')
    return read(device, call, target, { name: vdom.name, tables: transaction?.store ?? vdom.tables });
  return written(device, call, target, { vdom, transaction });
}

function written(
  device: Device,
  call: Call,
  target: Target,
  { vdom, transaction }: { readonly vdom: Vdom; readonly transaction: Transaction | undefined },
): Reply {
  const { schema } = target;
  if (transaction !== undefined && !schema.transactional) {
    throw new Failure(`table ${schema.id} does not support transactions`, -61);
  }
  refuseLocked(device.transactions, vdom.name, schema.id, transaction);
  const before = device.revision(vdom.name, schema.id);
  const { mkey, changed } = write(device.workspace(vdom, transaction?.store), call, target);
  const isUntold = !device.settings.tellsNewId && call.method === 'POST' && schema.mkey === 'policyid';
  if (transaction !== undefined && changed) {
    const tables = new Set(transaction.tables).add(schema.id);
    device.transactions.put({ ...transaction, tables, lines: [...transaction.lines, ...commandLines(call, target)] });
  }
  const revision = device.revision(vdom.name, schema.id);
  const old = before === revision ? {} : { old_revision: before };
  return {
    fields: { revision, ...old, revision_changed: before !== revision, mkey: isUntold ? 0 : mkey },
    wrote: changed,
  };
}

function read(
  device: Device,
  call: Call,
  { schema, key, child, childKey: childName }: Target,
  { name, tables }: Pick<Vdom, 'name' | 'tables'>,
): Reply {
  const revision = device.revision(name, schema.id);
  const action = call.query.get('action');
  const answer = (results: Json, more: JsonObject = {}): Reply => ({
    fields: { ...more, revision, results },
    wrote: false,
  });
  if (action === 'schema') return answer(describeSchema(schema));
  if (action === 'default') return answer(defaults(schema.fields));
  if (action !== null && action !== 'meta') throw badRequest(`invalid request: action ${action} is not supported`);
  if (key === undefined) {
    const { results, size, matched, nextIndex } = list(tables, schema, call.query);
    const counts = { size, matched_count: matched, next_idx: nextIndex, limit_reached: false };
    return answer(results, device.settings.profile.listMetadata ? counts : {});
  }
  if (child !== undefined) return answer(readChildren(tables, { schema, key, child }, childName), { mkey: key });
  const row = tables.get(schema.id, key);
  if (row === undefined) throw notFound();
  return answer([shown(tables, schema, row, call.query)], { mkey: row[schema.mkey] ?? key });
}

function readChildren(tables: Tables<Row>, at: ChildTable, wanted: string | undefined): Json {
  const { field, present } = childrenOf(tables.get(at.schema.id, at.key), at);
  const rows = wanted === undefined ? present : present.filter((row) => childKey(field, row) === wanted);
  if (wanted !== undefined && rows.length === 0) throw notFound();
  return shownChildren(field, rows);
}

function write(work: Workspace, call: Call, { schema, key, child, childKey: childName }: Target): Written {
  const { method, query } = call;
  const action = query.get('action');
  if (action !== null && (key === undefined || child !== undefined || !['clone', 'move'].includes(action))) {
    throw badRequest(`invalid request: action ${action} is not supported`);
  }
  if (key === undefined) {
    if (method !== 'POST') throw notAllowed();
    return create(work, schema, bodyOf(call));
  }
  if (child !== undefined) return writeChild(work, call, { schema, key, child }, childName);
  if (method === 'DELETE') return remove(work, schema, key);
  if (method === 'PUT') {
    return action === 'move' ? move(work, schema, key, placeOf(call)) : update(work, schema, key, bodyOf(call));
  }
  const newName = query.get('nkey');
  if (action !== 'clone') throw notAllowed();
  if (newName === null) throw badRequest('invalid request: nkey is missing');
  return clone(work, schema, key, newName);
}

function placeOf({ query }: Call): { readonly before?: string; readonly after?: string } {
  const before = query.get('before');
  const after = query.get('after');
  return { ...(before === null ? {} : { before }), ...(after === null ? {} : { after }) };
}

function writeChild(work: Workspace, call: Call, at: ChildTable, name: string | undefined): Written {
  switch (`${call.method} ${name === undefined ? 'table' : 'row'}`) {
    case 'POST table':
      return addChild(work, at, bodyOf(call));
    case 'PUT row':
      return updateChild(work, at, name ?? '', bodyOf(call));
    case 'DELETE row':
      return removeChild(work, at, name ?? '');
    default:
      throw notAllowed();
  }
}
