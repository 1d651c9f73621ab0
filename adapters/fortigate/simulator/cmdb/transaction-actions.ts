import type { JsonObject } from '../../../../src/core/model/json.ts';
import { bodyOf, type Call, type Reply } from '../api/call.ts';
import { badRequest, notFound } from '../api/failure.ts';
import type { Device } from '../device.ts';
import type { Vdom } from '../vdom.ts';
import { commit, transactionIn, type Transaction } from './transactions.ts';

/** `/api/v2/cmdb?action=transaction-…` */
export function answerTransaction(device: Device, call: Call, vdom: Vdom): Reply {
  const { transactions, settings } = device;
  if (!settings.profile.transactions) throw notFound();
  const action = call.query.get('action') ?? '';
  const done = (results: JsonObject | readonly JsonObject[], wrote = false): Reply => ({
    fields: { revision: device.revision(vdom.name, 'transaction'), revision_changed: false, results, action },
    wrote,
  });
  const named = (holder: JsonObject): Transaction => transactionIn(transactions, holder, vdom.name);
  switch (`${call.method} ${action}`) {
    case 'POST transaction-start': {
      const expiresAt = settings.now() + timeoutOf(call) * 1_000;
      const about = { id: transactions.nextId(), vdom: vdom.name, expiresAt };
      transactions.put({ ...about, store: vdom.tables.fork(), tables: new Set(), lines: [] });
      return done({ 'transaction-id': about.id });
    }
    case 'POST transaction-commit': {
      const open = named(bodyOf(call));
      commit(open, vdom, settings.schemas);
      transactions.end(open.id);
      return done({ 'transaction-id': open.id }, open.tables.size > 0);
    }
    case 'POST transaction-abort': {
      const open = named(bodyOf(call));
      transactions.end(open.id);
      return done({ 'transaction-id': open.id });
    }
    case 'GET transaction-list':
      return done(transactions.list().map((open) => summary(open, settings.now())));
    case 'GET transaction-show': {
      if (!settings.profile.transactionShow) throw badRequest(`invalid request: action ${action} is not supported`);
      const open = named(Object.fromEntries(call.query));
      return done({ ...summary(open, settings.now()), commands: open.lines });
    }
    default:
      throw badRequest(`invalid request: action ${action} is not supported`);
  }
}

/** Seconds; a minute unless told otherwise. */
function timeoutOf(call: Call): number {
  const { timeout = 60 } = bodyOf(call);
  if (typeof timeout !== 'number' || !Number.isInteger(timeout) || timeout < 1 || timeout > 3_600) {
    throw badRequest('timeout: 1 to 3600 seconds');
  }
  return timeout;
}

function summary(open: Transaction, now: number): JsonObject {
  return {
    'transaction-id': open.id,
    vdom: open.vdom,
    'expires-in': Math.max(0, Math.ceil((open.expiresAt - now) / 1_000)),
    tables: [...open.tables],
  };
}
