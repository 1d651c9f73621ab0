import { pack, type Run } from '../../kit/common/batches.ts';
import type { Batch } from '../../src/adapter/adapter.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { kinds } from './objects/names.ts';

/** Entries that one call adds, and that it removes. */
export const entriesPerCall = 100;

/**
 *   rules   every change of rules up to the next change of another kind: they come into force at one instant
 *   lists   prefix lists and container associations, each by calls of its own; waited for together
 *   sets    variables, with the rule groups that have them
 *   left    rule groups that a process left behind
 */
type Lane = 'rules' | 'lists' | 'sets' | 'left';

const lanes: Readonly<Record<string, Lane>> = { [kinds.rule]: 'rules', [kinds.set]: 'sets', [kinds.group]: 'left' };

/** What shares a batch: neighbours of one lane. */
export function batch(changes: readonly Change[]): readonly Batch[] {
  const runs = pack<Lane>(changes, {
    laneOf: ({ key }) => lanes[key.kind] ?? 'lists',
    sizeOf: callsOf,
    joins: (run, change) => !['lists', 'sets'].includes(run.lane) || joinsLists(run, change),
  });
  return runs.map(({ lane, changes: own, size }) => ({
    changes: own,
    atomic: lane === 'rules',
    nativeCalls: lane === 'rules' || lane === 'sets' ? 1 : lane === 'lists' ? size + 1 : size,
  }));
}

/**
 * Only what may be done in any order: changes of one phase; or the members that leave a list and those that join it, which
 * one call does at one instant.
 */
function joinsLists({ changes }: Run<Lane>, change: Change): boolean {
  const [first] = changes;
  if (first?.phase === change.phase && first.op === change.op) return true;
  const isSameList = changes.length === 1 && first?.key.name === change.key.name;
  return isSameList && first.op === 'members' && change.op === 'members';
}

function callsOf(change: Change): number {
  const calls = (entries: number): number => Math.max(1, Math.ceil(entries / entriesPerCall));
  if (change.op === 'members') return calls(Math.max(change.add.length, change.remove.length));
  return change.op === 'create' ? calls(change.after.members?.length ?? 0) : 1;
}
