import { isIPv4 } from 'node:net';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { layoutOf } from './layout.ts';
import type { Context } from './lower/carrier.ts';
import { tables } from './names.ts';

/** Requests in one transaction at most: it has to be committed before the device drops it. */
const transactionSize = 400;
/** Entries in one push at most; FortiOS can be told to refuse larger bodies. */
const pushSize = 20_000;

/**
 * What shares a call: neighbouring membership changes of feeds are one push; neighbouring changes of tables are one
 * transaction, where the device has them. Everything else goes alone, so that nothing follows a change that failed.
 */
export function batch(changes: readonly Change[], context: Context): readonly Batch[] {
  const batches: Batch[] = [];
  let run: Change[] = [];
  const finish = (): void => {
    if (run.length > 0) batches.push(batchOf(run, context));
    run = [];
  };
  for (const change of changes) {
    if (!joins(run, change, context)) finish();
    run.push(change);
  }
  finish();
  return batches;
}

type Lane = 'push' | 'transaction' | 'alone';

function laneOf({ key, op }: Change, { capabilities }: Context): Lane {
  if (key.kind === tables.feed) return op === 'members' ? 'push' : 'alone';
  // An address may turn out to be in use again; that must not undo what is done with it.
  if ((key.kind === tables.address || key.kind === tables.address6) && op === 'delete') return 'alone';
  return capabilities.transactions ? 'transaction' : 'alone';
}

function joins(run: readonly Change[], change: Change, context: Context): boolean {
  const last = run.at(-1);
  if (last === undefined) return true;
  const lane = laneOf(change, context);
  if (lane === 'alone' || laneOf(last, context) !== lane) return false;
  if (lane === 'push') return entriesIn(run) + entriesIn([change]) <= pushSize && !widensAfterDeny(run, change);
  return callsFor([...run, change], context) <= transactionSize;
}

/** The commands of a push succeed or fail one by one: no address is let in beside one that may fail to be shut out. */
function widensAfterDeny(run: readonly Change[], { phase }: Change): boolean {
  return phase !== 'revoke' && phase !== 'grow' && run.some((earlier) => earlier.phase === 'grow');
}

function entriesIn(changes: readonly Change[]): number {
  return changes.reduce(
    (sum, change) => sum + (change.op === 'members' ? change.add.length + change.remove.length : 0),
    0,
  );
}

function batchOf(changes: readonly Change[], context: Context): Batch {
  const [first] = changes;
  const lane = first === undefined ? 'alone' : laneOf(first, context);
  if (lane === 'push') return { changes, atomic: false, nativeCalls: 1 + revocations(changes, context) };
  const atomic = lane === 'transaction' && callsFor(changes, context) > 1;
  return {
    changes,
    atomic,
    nativeCalls: callsFor(changes, context, atomic) + (atomic ? 2 : 0) + revocations(changes, context),
  };
}

function callsFor(changes: readonly Change[], context: Context, atomic = true): number {
  return changes.reduce((sum, change) => sum + callsOf(change, context, atomic), 0);
}

function revocations(changes: readonly Change[], { config }: Context): number {
  if (!config.revokeSessions) return 0;
  return changes.reduce((sum, change) => sum + revokedSources(change).length, 0);
}

/** Addresses whose sessions are to be ended with this change; the endpoint knows IPv4 sources. */
export function revokedSources(change: Change): readonly string[] {
  if (change.op !== 'members' || change.phase !== 'revoke') return [];
  return change.remove.filter((member) => isIPv4(member));
}

function callsOf(change: Change, context: Context, atomic: boolean): number {
  const { kind } = change.key;
  if (kind === tables.policy && change.op === 'create') return atomic ? 2 : 3;
  if (kind === tables.feed && change.op === 'create') return change.after.members?.length ? 2 : 1;
  if (kind !== tables.group && kind !== tables.group6) return 1;
  switch (change.op) {
    case 'create':
      return groupCalls(change.after.members ?? [], context);
    case 'delete':
      return groupCalls(change.before.members ?? [], context);
    case 'members':
      // An address object and its place in the group, each created or deleted.
      return 2 * (change.add.length + change.remove.length);
    default:
      return 1;
  }
}

function groupCalls(members: readonly string[], { capabilities }: Context): number {
  return members.length + layoutOf('', members, capabilities.maxMembersPerGroup).size;
}
