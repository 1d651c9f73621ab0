import { isIPv4 } from 'node:net';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { nativeName } from './inventory.ts';
import { layoutOf, stepsBetween, type Layout } from './layout.ts';
import { fillerOf, type Context } from './lower/carrier.ts';
import { tables } from './names.ts';

/** Requests in one transaction at most: it has to be committed before the device drops it. */
const transactionSize = 400;
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
  const batches: Batch[] = [];
  let run: Run | undefined;
  for (const change of changes) {
    const lane = laneOf(change, context);
    const size = lane === 'push' ? entriesIn(change) : callsOf(change, context, true);
    if (run === undefined || !joins(run, { change, lane, size })) {
      if (run !== undefined) batches.push(batchOf(run, context));
      run = { lane, changes: [], size: 0 };
    }
    run.changes.push(change);
    run.size += size;
  }
  return run === undefined ? [] : [...batches, batchOf(run, context)];
}

interface Run {
  readonly lane: Lane;
  readonly changes: Change[];
  size: number;
}

function laneOf({ key, op }: Change, { capabilities }: Context): Lane {
  if (key.kind === tables.feed) return op === 'members' ? 'push' : 'alone';
  if (!capabilities.transactions) return 'alone';
  const isAddress = key.kind === tables.address || key.kind === tables.address6;
  return isAddress && op === 'delete' ? 'tidy' : 'transaction';
}

function joins(
  run: Run,
  { change, lane, size }: { readonly change: Change; readonly lane: Lane; readonly size: number },
): boolean {
  if (lane === 'alone' || lane !== run.lane) return false;
  if (lane === 'push') return run.size + size <= pushSize && !widensAfterDeny(run.changes, change);
  return run.size + size <= transactionSize;
}

/** The commands of a push succeed or fail one by one: nobody is let in beside one who may fail to be shut out. */
function widensAfterDeny(run: readonly Change[], { phase }: Change): boolean {
  const widens = phase !== 'revoke' && phase !== 'grow';
  return widens && run.at(-1)?.phase !== phase && run.some((earlier) => earlier.phase === 'grow');
}

function entriesIn(change: Change): number {
  return change.op === 'members' ? change.add.length + change.remove.length : 0;
}

function batchOf({ lane, changes, size }: Run, context: Context): Batch {
  const sessions = context.config.revokeSessions ? changes.flatMap(revokedSources).length : 0;
  if (lane === 'push') return { changes, atomic: false, nativeCalls: 1 + sessions };
  const atomic = lane !== 'alone' && size > 1;
  const calls = atomic ? size + 2 : changes.reduce((sum, change) => sum + callsOf(change, context, false), 0);
  return { changes, atomic, nativeCalls: calls + sessions };
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
      return layoutWith(change.key.name, change.after.members ?? [], context).size;
    case 'delete':
      return layoutWith(change.key.name, change.before.members ?? [], context).size;
    case 'members':
      return membershipCalls(change, context);
    default:
      return 1;
  }
}

/** Exact where the plan knows the whole group; a delta knows only itself. */
function membershipCalls(change: Change & { readonly op: 'members' }, context: Context): number {
  const { key, before, after, add, remove, phase } = change;
  if (before?.members === undefined || after?.members === undefined) return add.length + remove.length;
  const comes = new Set(add);
  const goes = new Set(remove);
  // Accepting groups lose members before they gain any, denying groups after.
  const isFirst = phase === 'revoke' || phase === 'grow';
  const current = isFirst ? before.members : [...after.members.filter((member) => !comes.has(member)), ...remove];
  const target = [...current.filter((member) => !goes.has(member)), ...add];
  const { name } = key;
  return stepsBetween(layoutWith(name, current, context), layoutWith(name, target, context)).length;
}

function layoutWith(root: string, members: readonly string[], context: Context): Layout {
  const natives = members.map((member) => nativeName(context.owner, member));
  return layoutOf(root, natives, context.capabilities.maxMembersPerGroup, fillerOf(context));
}
