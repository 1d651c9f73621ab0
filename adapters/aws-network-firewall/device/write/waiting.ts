import { z } from 'zod';
import { keySchema } from '../../../../kit/common/handle.ts';
import { itemsOf } from '../../../../kit/aws/query-protocol.ts';
import { eachOf } from '../../../../kit/common/api/each-of.ts';
import { textOf } from '../../../../kit/common/api/json.ts';
import { pollOnce, type ReadStates, type ChangeState } from '../../../../kit/whole-document/operations.ts';
import type { Outcome } from '../../../../src/adapter/adapter.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { kinds } from '../../objects/names.ts';
import type { Firewall, Known } from '../known.ts';

/** A prefix list or a container association, and the change of it that is waited for. */
const awaitedList = z.strictObject({
  key: keySchema,
  /** Of a container association its ARN. */
  id: z.string().max(256),
  /** The version that the change makes; container associations have none. */
  version: z.number(),
  /** So often was an answer from before the change, as EC2 gives now and then. */
  oldAnswers: z.number().exactOptional(),
  /** Addresses whose connections are to be flushed then. */
  withdrawn: z.array(z.string().max(50)).max(1_000).readonly().exactOptional(),
});
export type AwaitedList = z.infer<typeof awaitedList>;

/** More than a batch has. */
const mostLists = 10_000;
export const awaitedListsSchema = z.array(awaitedList).max(mostLists);

const mostOldAnswers = 5;

export const patience = { polls: 5, delayMs: 400, pollAfterMs: 2_000 } as const;

/**
 * @param awaited as the handle of an outcome has it
 * @param known where a later change of a list was accepted, those before it were carried out, and nothing is asked
 */
export async function pollLists(
  firewall: Firewall,
  awaited: readonly AwaitedList[],
  known: Known | undefined,
): Promise<readonly Outcome[]> {
  const lists = new Map([...(known?.lists.values() ?? [])].map((list) => [list.id, list]));
  const isProven = ({ id, version }: AwaitedList): boolean => (lists.get(id)?.version ?? 0) > version;
  const asked = awaited.filter((one) => !isProven(one));
  const outcomes = await pollOnce(asked, readListStates(firewall), patience);
  return [...awaited.filter(isProven).map(({ key }): Outcome => ({ key, result: 'done' })), ...outcomes];
}

/** Asks after prefix lists together, and after container associations one by one. */
export function readListStates({ ask: { ec2, firewall } }: Firewall): ReadStates<AwaitedList> {
  const lookAtAll: ReadStates<AwaitedList> = async (awaited) => {
    const ids = [...new Set(awaited.map(({ id }) => id))];
    const rows = itemsOf(await ec2('DescribeManagedPrefixLists', { PrefixListId: ids }), 'prefixListSet');
    const byId = new Map(rows.map((row) => [textOf(row['prefixListId']), row]));
    return awaited.map((one) => lookedAt(one, byId.get(one.id)));
  };
  const isOne = ({ key }: AwaitedList): boolean => key.kind === kinds.association;
  return async (awaited) => {
    const lists = awaited.filter((one) => !isOne(one));
    const looked = await eachOf(awaited.filter(isOne), async (one): Promise<ChangeState<AwaitedList>> => {
      const answer = await firewall('DescribeContainerAssociation', { ContainerAssociationArn: one.id });
      const state = textOf(answer['Status']);
      return { key: one.key, state, ...(/^(CREATING|UPDATING)$/.test(state) && { waitsAs: one }) };
    });
    return [...(lists.length > 0 ? await lookAtAll(lists) : []), ...looked];
  };
}

function lookedAt(one: AwaitedList, row: JsonObject | undefined): ChangeState<AwaitedList> {
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
