import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { layoutOf, stepsBetween, type Layout } from './layout.ts';
import type { Context } from './lower/context.ts';
import { tables } from './names.ts';

/** Requests in one transaction at most: the device drops one that is not committed within two minutes. */
const transactionSize = 200;

/**
 * Changes of structure share a transaction, and so does what stands between them. What only changes members goes alone,
 * one request per list: it needs no transaction, and a withdrawal does not wait for one. Lists that go, and what enforces
 * them, go alone, too: a transaction does not delete what it has only just let go of.
 */
export function batch(changes: readonly Change[], context: Context): readonly Batch[] {
  const batches: Batch[] = [];
  let run: Change[] = [];
  for (const change of changes) {
    if (context.capabilities.transactions && !goesAlone(change)) run.push(change);
    else {
      batches.push(...batchesOf(run, context), alone(change, context));
      run = [];
    }
  }
  return [...batches, ...batchesOf(run, context)];
}

/** Cannot be part of a transaction. */
export function goesAlone({ op, key }: Change): boolean {
  return op === 'delete' && key.kind !== tables.rule;
}

/** A transaction from the first change of structure to the last, and what is before and after it one by one. */
function batchesOf(run: readonly Change[], context: Context): readonly Batch[] {
  const isStructure = ({ op }: Change): boolean => op !== 'members';
  const first = run.findIndex(isStructure);
  if (first < 0) return run.map((change) => alone(change, context));
  const end = run.findLastIndex(isStructure) + 1;
  return [
    ...run.slice(0, first).map((change) => alone(change, context)),
    ...transactions(run.slice(first, end), context),
    ...run.slice(end).map((change) => alone(change, context)),
  ];
}

function transactions(run: readonly Change[], context: Context): readonly Batch[] {
  const parts: { readonly changes: Change[]; calls: number }[] = [];
  for (const change of run) {
    const calls = callsOf(change, context);
    const last = parts.at(-1);
    if (last === undefined || last.calls + calls > transactionSize) parts.push({ changes: [change], calls });
    else {
      last.changes.push(change);
      last.calls += calls;
    }
  }
  return parts.map(({ changes, calls }) => {
    const atomic = calls > 1;
    return { changes, atomic, nativeCalls: calls + (atomic ? 2 : 0) };
  });
}

function alone(change: Change, context: Context): Batch {
  return { changes: [change], atomic: false, nativeCalls: callsOf(change, context) };
}

function callsOf(change: Change, context: Context): number {
  const { kind, name } = change.key;
  // Whoever is bound there now is asked first.
  if (kind === tables.context) return 2;
  if (kind !== tables.addressList) return 1;
  switch (change.op) {
    case 'create':
      return change.after.members === undefined ? 1 : layoutWith(name, change.after.members, context).size;
    case 'delete':
      return change.before.members === undefined ? 1 : layoutWith(name, change.before.members, context).size;
    case 'members':
      return membershipCalls(change, context);
    default:
      return 1;
  }
}

/** Exact where the plan knows the whole group; a delta knows only itself, and most groups are one list. */
function membershipCalls(change: Change & { readonly op: 'members' }, context: Context): number {
  const { key, before, after, add, remove, phase } = change;
  if (before?.members === undefined || after?.members === undefined) return 1;
  const comes = new Set(add);
  const goes = new Set(remove);
  // Accepting groups lose members before they gain any, denying groups after.
  const isFirst = phase === 'revoke' || phase === 'grow';
  const current = isFirst ? before.members : [...after.members.filter((member) => !comes.has(member)), ...remove];
  const target = [...current.filter((member) => !goes.has(member)), ...add];
  return stepsBetween(layoutWith(key.name, current, context), layoutWith(key.name, target, context)).length;
}

function layoutWith(root: string, members: readonly string[], { capabilities }: Context): Layout {
  return layoutOf(root, members, capabilities.maxMembersPerGroup);
}
