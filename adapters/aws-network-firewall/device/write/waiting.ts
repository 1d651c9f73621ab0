import { textOf } from '../../../../kit/common/api/json.ts';
import type { Outcome } from '../../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { ResourceKey } from '../../../../src/core/model/resource.ts';
import { itemsOf } from '../../../../kit/aws/query-protocol.ts';
import type { Firewall, Known } from '../known.ts';

/*
 * What was accepted is carried out a little later. So long as that is a matter of a second or two it is waited for; what
 * takes longer is left pending, and whoever has the handle asks after it.
 */

/** A prefix list and the change of it that is waited for. */
export interface Awaited {
  readonly key: ResourceKey;
  readonly id: string;
  /** The version that the change makes. */
  readonly version: number;
  /** So often was an answer from before the change, as EC2 gives now and then. */
  readonly oldAnswers?: number;
}

const mostOldAnswers = 5;

const patience = { polls: 5, delayMs: 400 } as const;
const pollAfterMs = 2_000;

/** Nothing is asked yet: a call that follows may prove it. */
export function accepted(awaited: readonly Awaited[]): readonly Outcome[] {
  const pending = { handle: JSON.stringify(awaited), pollAfterMs: patience.delayMs, deviceSays: 'accepted' };
  return awaited.map(({ key }) => ({ key, result: 'pending', ...pending }));
}

export async function waitFor(firewall: Firewall, awaited: readonly Awaited[]): Promise<readonly Outcome[]> {
  for (let poll = 1; ; poll += 1) {
    const outcomes = await ask(firewall, awaited);
    if (poll === patience.polls || outcomes.every(({ result }) => result !== 'pending')) return outcomes;
    await firewall.clock.sleep(patience.delayMs);
  }
}

/**
 * @param handle as an outcome gave it
 * @param known where a later change of a list was accepted, those before it were carried out, and nothing is asked
 */
export async function pollLists(
  firewall: Firewall,
  handle: string,
  known: Known | undefined,
): Promise<readonly Outcome[]> {
  const awaited = JSON.parse(handle) as readonly Awaited[];
  const lists = new Map([...(known?.lists.values() ?? [])].map((list) => [list.id, list]));
  const isProven = ({ id, version }: Awaited): boolean => (lists.get(id)?.version ?? 0) > version;
  const outcomes = await ask(
    firewall,
    awaited.filter((one) => !isProven(one)),
  );
  return [...awaited.filter(isProven).map(({ key }): Outcome => ({ key, result: 'done' })), ...outcomes];
}

async function ask({ ask: { ec2 } }: Firewall, awaited: readonly Awaited[]): Promise<readonly Outcome[]> {
  if (awaited.length === 0) return [];
  const ids = [...new Set(awaited.map(({ id }) => id))];
  const rows = itemsOf(await ec2('DescribeManagedPrefixLists', { PrefixListId: ids }), 'prefixListSet');
  const byId = new Map(rows.map((row) => [textOf(row['prefixListId']), row]));
  const looked = awaited.map((one) => lookedAt(one, byId.get(one.id)));
  const handle = JSON.stringify(looked.flatMap(({ waitsAs }) => waitsAs ?? []));
  return looked.map(({ key, state, waitsAs, error }): Outcome => {
    if (waitsAs !== undefined) return { key, result: 'pending', handle, pollAfterMs, deviceSays: state };
    return error === undefined ? { key, result: 'done' } : { key, result: 'error', error };
  });
}

interface Looked extends Pick<Awaited, 'key'> {
  readonly state: string;
  /** It is not carried out yet. */
  readonly waitsAs?: Awaited;
  readonly error?: AdapterError;
}

function lookedAt(one: Awaited, row: JsonObject | undefined): Looked {
  const { key, version, oldAnswers = 0 } = one;
  const state = textOf(row?.['state']);
  if (state.endsWith('-in-progress')) return { key, state, waitsAs: one };
  const name = `Prefix list ${key.name}`;
  if (state.endsWith('-failed')) {
    const message = `${name}: AWS says ${state} (${textOf(row?.['stateMessage']).slice(0, 200)}).`;
    return { key, state, error: new AdapterError('conflict', message) };
  }
  if (row === undefined || Number(row['version']) >= version) return { key, state };
  if (oldAnswers < mostOldAnswers) return { key, state, waitsAs: { ...one, oldAnswers: oldAnswers + 1 } };
  const message = `${name}: AWS accepted a change and does not show it; the list is read again.`;
  return { key, state, error: new AdapterError('conflict', message) };
}
