import { isIP } from 'node:net';
import { pack, type Run } from '../../kit/common/batches.ts';
import { requestsFor } from '../../kit/common/groups/changes.ts';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { shardRules, type Context } from './lower/context.ts';
import { nativeMember, tables } from './objects/names.ts';

/** Requests in one transaction at most: it has to be committed before the device drops it. */
const transactionSize = 400;
/** Addresses made in one transaction at most. Where there are more, each is made by itself: a withdrawal overtakes between them. */
const mostPrepared = 10;
/** Entries in one push at most; FortiOS can be told to refuse larger bodies. */
const pushSize = 20_000;

/**
 *   push         membership changes of feeds: one request for all of them
 *   transaction  changes of tables, where the device has transactions
 *   tidy         addresses that go: a transaction of their own, because one that others use must not undo the rest
 *   alone        everything else, so that nothing follows a change that failed
 */
type Lane = 'push' | 'transaction' | 'tidy' | 'alone';

/** What shares a call: neighbouring changes of one lane. */
export function batch(changes: readonly Change[], context: Context): readonly Batch[] {
  const isLong = changes.filter(prepares).length > mostPrepared;
  const runs = pack<Lane>(changes, {
    laneOf: (change) => (isLong && prepares(change) ? 'alone' : laneOf(change, context)),
    sizeOf: (change, lane) => (lane === 'push' ? entriesIn(change) : callsOf(change, context, true)),
    joins: (run, change, size) => {
      if (run.lane === 'push') return run.size + size <= pushSize && !widensAfterDeny(run.changes, change);
      return run.lane !== 'alone' && run.size + size <= transactionSize;
    },
  });
  return runs.map((run) => batchOf(run, context));
}

/** Makes an address that nothing uses yet. */
function prepares({ key, op, phase }: Change): boolean {
  return op === 'create' && phase === 'grow' && (key.kind === tables.address || key.kind === tables.address6);
}

function laneOf({ key, op }: Change, { capabilities }: Context): Lane {
  if (key.kind === tables.feed) return op === 'members' ? 'push' : 'alone';
  if (!capabilities.transactions) return 'alone';
  const isAddress = key.kind === tables.address || key.kind === tables.address6;
  return isAddress && op === 'delete' ? 'tidy' : 'transaction';
}

/** The commands of a push succeed or fail one by one, so no address is added together with a removal that may fail. */
function widensAfterDeny(run: readonly Change[], { phase }: Change): boolean {
  const widens = phase !== 'revoke' && phase !== 'grow';
  return widens && run.at(-1)?.phase !== phase && run.some((earlier) => earlier.phase === 'grow');
}

function entriesIn(change: Change): number {
  return change.op === 'members' ? change.add.length + change.remove.length : 0;
}

function batchOf({ lane, changes, size }: Run<Lane>, context: Context): Batch {
  const sessions = context.config.revokeSessions ? changes.flatMap(revokedSources).length : 0;
  if (lane === 'push') return { changes, atomic: false, nativeCalls: 1 + sessions };
  const atomic = lane !== 'alone' && size > 1;
  const calls = atomic ? size + 2 : changes.reduce((sum, change) => sum + callsOf(change, context, false), 0);
  return { changes, atomic, nativeCalls: calls + sessions };
}

/** Addresses whose sessions are to be ended with this change; the endpoints know no networks. */
export function revokedSources(change: Change): readonly string[] {
  if (change.op !== 'members' || change.phase !== 'revoke') return [];
  return change.remove.filter((member) => isIP(member) !== 0);
}

function callsOf(change: Change, context: Context, atomic: boolean): number {
  const { kind } = change.key;
  if (kind === tables.policy && change.op === 'create') return atomic ? 2 : 3;
  if (kind === tables.feed && change.op === 'create') return change.after.members?.length ? 2 : 1;
  if (kind !== tables.group && kind !== tables.group6) return 1;
  const native = (member: string): string => nativeMember(context.owner, member);
  return requestsFor(change, { rules: shardRules(context), native }, entriesIn);
}
