import { textOf } from '../../../kit/common/api/json.ts';
import type { Outcome } from '../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../src/adapter/errors.ts';
import type { ResourceKey } from '../../../src/core/model/resource.ts';
import { itemsOf } from '../api/client.ts';
import type { Firewall } from './known.ts';

/*
 * What was accepted is carried out a little later. So long as that is a matter of a second or two it is waited for; what
 * takes longer is left pending, and whoever has the handle asks after it.
 */

/** A prefix list and the change of it that is waited for. */
export interface Awaited {
  readonly key: ResourceKey;
  readonly id: string;
}

const patience = { polls: 5, delayMs: 400 } as const;
const pollAfterMs = 2_000;

export async function waitFor(firewall: Firewall, awaited: readonly Awaited[]): Promise<readonly Outcome[]> {
  for (let poll = 1; ; poll += 1) {
    const outcomes = await ask(firewall, awaited);
    if (poll === patience.polls || outcomes.every(({ result }) => result !== 'pending')) return outcomes;
    await firewall.clock.sleep(patience.delayMs);
  }
}

/** @param handle as an outcome gave it */
export async function pollLists(firewall: Firewall, handle: string): Promise<readonly Outcome[]> {
  return ask(firewall, JSON.parse(handle) as readonly Awaited[]);
}

async function ask({ ask: { ec2 } }: Firewall, awaited: readonly Awaited[]): Promise<readonly Outcome[]> {
  if (awaited.length === 0) return [];
  const ids = [...new Set(awaited.map(({ id }) => id))];
  const rows = itemsOf(await ec2('DescribeManagedPrefixLists', { PrefixListId: ids }), 'prefixListSet');
  const states = new Map(rows.map((row) => [textOf(row['prefixListId']), row]));
  const isPending = ({ id }: Awaited): boolean => textOf(states.get(id)?.['state']).endsWith('-in-progress');
  const handle = JSON.stringify(awaited.filter(isPending));
  return awaited.map((one): Outcome => {
    const row = states.get(one.id);
    const state = textOf(row?.['state']);
    if (isPending(one)) return { key: one.key, result: 'pending', handle, pollAfterMs, deviceSays: state };
    if (!state.endsWith('-failed')) return { key: one.key, result: 'done' };
    const message = `Prefix list ${one.key.name}: AWS says ${state} (${textOf(row?.['stateMessage']).slice(0, 200)}).`;
    return { key: one.key, result: 'error', error: new AdapterError('conflict', message) };
  });
}
