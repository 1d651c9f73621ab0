import { textOf } from '../../../../kit/common/api/json.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Ask, Call } from '../../api/client.ts';

const collection = 'tm/transaction';

/**
 * Does work in one transaction: it is validated as a whole and becomes visible at one instant, or not at all. A command
 * only counts when the device has said which number it has in the transaction.
 *
 * @param mode `validate-only`: ask the device whether it would do it, and do nothing
 * @throws AdapterError of whatever failed; then nothing was changed, unless the commit itself was not answered
 */
export async function inTransaction<T>(
  ask: Ask,
  work: (ask: Ask) => Promise<T>,
  mode: 'carry-out' | 'validate-only' = 'carry-out',
): Promise<T> {
  const id = textOf((await ask({ method: 'POST', collection, body: {} }))['transId']);
  if (!/^\d+$/.test(id)) throw unclear('POST /mgmt/tm/transaction: the device does not say which transaction');
  try {
    const result = await work((call) => queued(ask, call, id));
    await commit(ask, id, mode === 'validate-only');
    if (mode === 'validate-only') await dropped(ask, id);
    return result;
  } catch (error) {
    await dropped(ask, id);
    throw error;
  }
}

/** Whatever comes of this, the device drops the transaction when its time is up. */
async function dropped(ask: Ask, id: string): Promise<void> {
  await ask({ method: 'DELETE', collection, object: id }).catch(() => undefined);
}

async function queued(ask: Ask, call: Call, transaction: string): Promise<JsonObject> {
  const answer = await ask({ ...call, transaction });
  if (call.method !== 'GET' && textOf(answer['commandId']) === '') {
    throw unclear(
      `${call.method} /mgmt/${call.collection}: the device does not say that it is part of the transaction`,
    );
  }
  return answer;
}

async function commit(ask: Ask, id: string, validateOnly: boolean): Promise<void> {
  const body = { state: 'VALIDATING', ...(validateOnly && { validateOnly }) };
  const state = textOf((await ask({ method: 'PATCH', collection, object: id, body }))['state']);
  if (state !== 'COMPLETED') throw unclear(`PATCH /mgmt/tm/transaction/{id}: the transaction is ${state || 'lost'}`);
}

function unclear(message: string): AdapterError {
  return new AdapterError('transient', `${message}.`, { outcomeUnknown: true });
}
