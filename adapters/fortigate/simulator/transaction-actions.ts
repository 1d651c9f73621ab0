import { bodyOf, type Call, type Reply } from './call.ts';
import type { Device } from './device.ts';
import { badRequest, notFound } from './failure.ts';
import { transactionId, type Transaction } from './transactions.ts';

/** `/api/v2/cmdb?action=transaction-…` */
export function answerTransaction(device: Device, call: Call, vdom: string): Reply {
  const { transactions, settings } = device;
  const main = device.store(vdom);
  if (main === undefined || !settings.profile.transactions) throw notFound();
  const action = call.query.get('action') ?? '';
  const done = (results: Reply['fields'] | readonly Reply['fields'][], wrote = false): Reply => ({
    status: 200,
    fields: { revision: device.revision(vdom, 'transaction'), revision_changed: false, results, action },
    wrote,
  });
  switch (`${call.method} ${action}`) {
    case 'POST transaction-start': {
      const { id } = transactions.start(vdom, main, timeoutOf(call));
      return done({ 'transaction-id': id });
    }
    case 'POST transaction-commit': {
      const open = transactions.get(transactionId(bodyOf(call)), vdom);
      const changes = open.tables.size > 0;
      transactions.commit(open, main, settings.schemas);
      return done({ 'transaction-id': open.id }, changes);
    }
    case 'POST transaction-abort': {
      const open = transactions.get(transactionId(bodyOf(call)), vdom);
      transactions.abort(open);
      return done({ 'transaction-id': open.id });
    }
    case 'GET transaction-list':
      return done(transactions.list().map((open) => summary(open, settings.now())));
    case 'GET transaction-show': {
      if (!settings.profile.transactionShow) throw badRequest(`invalid request: action ${action} is not supported`);
      const open = transactions.get(transactionId(Object.fromEntries(call.query)), vdom);
      return done({ ...summary(open, settings.now()), commands: [...open.lines] });
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

function summary(open: Transaction, now: number): Reply['fields'] {
  return {
    'transaction-id': open.id,
    vdom: open.vdom,
    'expires-in': Math.max(0, Math.ceil((open.expiresAt - now) / 1_000)),
    tables: [...open.tables],
  };
}
