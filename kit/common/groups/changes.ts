import { AdapterError } from '../../../src/adapter/errors.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { GroupInventory } from './inventory.ts';
import { layoutOf, leavesOf, stepsBetween, type Layout, type ShardRules, type Step } from './shards.ts';

/*
 * Changes of groups that may consist of several native ones. The plan knows one group with all its members; here are the
 * requests that it takes.
 */

/** How one table of groups is changed on a device. */
export interface GroupTable {
  readonly inventory: GroupInventory;
  readonly rules: ShardRules;
  /** What a native group holds for a member. */
  readonly native: (member: string) => string;
  /** Does what a native group holds stay there when other members change? Asked of what is no filler; absent: yes. */
  readonly keeps?: (native: string) => boolean;
  /** Makes one step. A part that is there already, left by a change that broke off, is replaced. */
  readonly send: (step: Step, root: string) => Promise<unknown>;
}

export async function createGroup(table: GroupTable, root: string, members: readonly string[]): Promise<void> {
  await reshape(table, root, new Map(), layoutOf(root, members.map(table.native), table.rules));
}

/** @throws AdapterError `not-found` when there is no such group */
export async function changeMembers(
  table: GroupTable,
  { key, add, remove }: Extract<Change, { readonly op: 'members' }>,
): Promise<void> {
  const current = table.inventory.layout(key.name);
  if (current === undefined) throw new AdapterError('not-found', `${key.kind} ${key.name} is not there.`);
  const leaving = new Set([table.rules.filler?.name, ...remove.map(table.native)]);
  const stays = leavesOf(current).filter((native) => !leaving.has(native) && (table.keeps?.(native) ?? true));
  await reshape(table, key.name, current, layoutOf(key.name, [...stays, ...add.map(table.native)], table.rules));
}

/** A group goes before its parts, which it uses. */
export async function deleteGroup(table: GroupTable, root: string): Promise<void> {
  await reshape(table, root, table.inventory.layout(root) ?? new Map([[root, []]]), new Map());
}

async function reshape(table: GroupTable, root: string, current: Layout, target: Layout): Promise<void> {
  for (const step of stepsBetween(current, target, table.rules)) {
    const left = step.op === 'create' && table.inventory.has(step.name);
    await table.send(left ? { ...step, op: 'replace' } : step, root);
    table.inventory.apply(step);
  }
}

/**
 * How many requests a change of a group will take: exact where the plan knows the whole group, which for a delta it does
 * not.
 *
 * @param ofDelta what a membership change takes of which nothing else is known
 */
export function requestsFor(
  change: Change,
  { rules, native }: Pick<GroupTable, 'rules' | 'native'>,
  ofDelta: (change: Extract<Change, { readonly op: 'members' }>) => number,
): number {
  const layout = (members: readonly string[]): Layout => layoutOf(change.key.name, members.map(native), rules);
  switch (change.op) {
    case 'create':
      return layout(change.after.members ?? []).size;
    case 'delete':
      return layout(change.before.members ?? []).size;
    case 'members': {
      const { before, after } = change;
      if (before?.members === undefined || after?.members === undefined) return ofDelta(change);
      const [from, to] = membersAround(change, before.members, after.members);
      return stepsBetween(layout(from), layout(to), rules).length;
    }
    default:
      return 1;
  }
}

/** The members before and after one of the two changes that a delta comes in: accepting groups lose members before they gain any, denying groups after. */
function membersAround(
  { phase, add, remove }: Extract<Change, { readonly op: 'members' }>,
  before: readonly string[],
  after: readonly string[],
): readonly [readonly string[], readonly string[]] {
  const [comes, goes] = [new Set(add), new Set(remove)];
  const isFirst = phase === 'revoke' || phase === 'grow';
  const from = isFirst ? before : [...after.filter((member) => !comes.has(member)), ...remove];
  return [from, [...from.filter((member) => !goes.has(member)), ...add]];
}
