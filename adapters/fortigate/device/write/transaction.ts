import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import type { SeenRule } from '../../../../kit/ordered-table/rule-sequence.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import { namePrefix, type Owner } from '../../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Ask } from '../../api/client.ts';
import { rowsOf } from '../../api/envelope.ts';

/**
 * Does work in one batch transaction (FortiOS 6.4 and later): it becomes visible at one instant, or not at all. A table
 * that another transaction has changed is `busy`.
 *
 * @throws AdapterError of whatever failed; then nothing was changed, unless the commit itself was not answered
 */
export async function inTransaction<T>(ask: Ask, timeoutSeconds: number, work: (ask: Ask) => Promise<T>): Promise<T> {
  const id = await start(ask, timeoutSeconds);
  try {
    const result = await work((call) => ask({ ...call, transaction: id }));
    await end(ask, 'transaction-commit', id);
    return result;
  } catch (error) {
    // Whatever comes of this, the device drops the transaction when its time is up.
    await end(ask, 'transaction-abort', id).catch(() => undefined);
    throw error;
  }
}

/** Does this device have transactions, and may we use them? */
export async function hasTransactions(ask: Ask): Promise<boolean> {
  const list = ask({ method: 'GET', base: 'cmdb', table: '', query: { action: 'transaction-list' } });
  return (await unlessRefused(list, 'invalid', 'not-found', 'unsupported', 'forbidden')) !== undefined;
}

/**
 * Aborts transactions that hold objects of ours: a point has one writer, so no process uses them any longer. Whose a
 * transaction is, its commands tell (FortiOS 7.4.1 and later): they have names of ours in them, or ids of our policies.
 *
 * @returns how many there were
 */
export async function abortAbandoned(ask: Ask, owner: Owner, policies: readonly SeenRule[]): Promise<number> {
  const ids = new Set(policies.filter(({ ours }) => ours).map(({ id }) => id));
  let aborted = 0;
  const list = rowsOf(await ask({ method: 'GET', base: 'cmdb', table: '', query: { action: 'transaction-list' } }));
  for (const id of list.map(idIn).filter((text) => text !== '')) {
    const query = { action: 'transaction-show', 'transaction-id': id };
    const commands = JSON.stringify(rowsOf(await ask({ method: 'GET', base: 'cmdb', table: '', query })));
    const touched = [...commands.matchAll(/\b(?:edit|delete|move) \W*(\d+)\b/g)].map((match) => match[1] ?? '');
    if (!commands.includes(namePrefix(owner)) && !touched.some((policy) => ids.has(policy))) continue;
    await end(ask, 'transaction-abort', id);
    aborted += 1;
  }
  return aborted;
}

async function start(ask: Ask, timeout: number): Promise<string> {
  const query = { action: 'transaction-start' };
  const answer = await ask({ method: 'POST', base: 'cmdb', table: '', query, body: { timeout } });
  const [results] = rowsOf(answer);
  const id = idIn(results ?? {});
  if (id !== '') return id;
  throw new AdapterError(
    'transient',
    'POST /api/v2/cmdb?action=transaction-start: the device does not say which transaction.',
  );
}

/** The documents write it with a hyphen; some builds are said to write an underscore. */
function idIn(row: JsonObject): string {
  return textOf(row['transaction-id'] ?? row['transaction_id']);
}

async function end(ask: Ask, action: 'transaction-commit' | 'transaction-abort', id: string): Promise<void> {
  await ask({ method: 'POST', base: 'cmdb', table: '', query: { action }, body: { 'transaction-id': Number(id) } });
}
