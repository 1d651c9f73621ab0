import { pack, type Run } from '../../kit/common/batches.ts';
import { requestsFor } from '../../kit/common/groups/changes.ts';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { shardRules, type Context } from './lower/context.ts';
import { tables } from './objects/names.ts';

/** Requests in one transaction at most: the device drops one that is not committed within two minutes. */
const transactionSize = 200;
/** While objects are made that nothing uses yet, withdrawals overtake between the transactions: these are short. */
const preparingSize = 40;

type Lane = 'transaction' | 'alone';

/**
 * Changes of structure share a transaction, and so does what stands between them. What only changes members goes alone,
 * one request per list: it needs no transaction, and a withdrawal does not wait for one. Lists that go, and what enforces
 * them, go alone, too: a transaction does not delete what it has only just let go of.
 */
export function batch(changes: readonly Change[], context: Context): readonly Batch[] {
  const lanes = lanesOf(changes, context);
  const runs = pack<Lane>(changes, {
    laneOf: (change) => lanes.get(change) ?? 'alone',
    sizeOf: (change) => callsOf(change, context),
    joins: (run, { phase }, size) =>
      run.lane === 'transaction' && run.size + size <= (phase === 'grow' ? preparingSize : transactionSize),
  });
  return runs.map(batchOf);
}

/** Cannot be part of a transaction. */
export function needsOwnRequest({ op, key }: Change): boolean {
  return op === 'delete' && key.kind !== tables.rule;
}

/** Of neighbours that may share a transaction, those from the first change of structure to the last do. */
function lanesOf(changes: readonly Change[], { capabilities }: Context): ReadonlyMap<Change, Lane> {
  const runs = pack<Lane>(changes, {
    laneOf: (change) => (capabilities.transactions && !needsOwnRequest(change) ? 'transaction' : 'alone'),
    sizeOf: () => 0,
    joins: () => true,
  });
  return new Map(
    runs.flatMap(({ lane, changes: own }) => {
      const isStructure = ({ op }: Change): boolean => op !== 'members';
      const [first, last] = [own.findIndex(isStructure), own.findLastIndex(isStructure)];
      const isWithin = (index: number): boolean => first >= 0 && index >= first && index <= last;
      return own.map((change, index): [Change, Lane] => [change, isWithin(index) ? lane : 'alone']);
    }),
  );
}

function batchOf({ lane, changes, size }: Run<Lane>): Batch {
  const atomic = lane === 'transaction' && size > 1;
  return { changes, atomic, nativeCalls: size + (atomic ? 2 : 0) };
}

function callsOf(change: Change, context: Context): number {
  // The policy that is bound there now is evaluated first.
  if (change.key.kind === tables.context) return 2;
  if (change.key.kind !== tables.addressList) return 1;
  // Most groups are one list.
  return requestsFor(change, { rules: shardRules(context), native: (member) => member }, () => 1);
}
