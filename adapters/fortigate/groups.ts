import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { ResourceKey } from '../../src/core/model/resource.ts';
import { isClass } from './client.ts';
import { repeatable, type Workplace } from './device.ts';
import { leavesOf, nativeName } from './inventory.ts';
import { fillerOf } from './lower/carrier.ts';
import { layoutOf, stepsBetween, type Layout, type Step } from './layout.ts';
import { comment, subjects, type GroupTable } from './names.ts';
import { changedAttributes, groupSpec } from './native.ts';
import { createNamed, deleteNamed, isDuplicate, updateNamed } from './objects.ts';

/*
 * Groups of addresses. The plan knows one group with all its members; here are the shards that it takes where one
 * native group does not hold them.
 */

export async function createGroup(
  work: Workplace,
  table: GroupTable,
  name: string,
  content: { readonly spec: JsonObject; readonly members: readonly string[] },
): Promise<void> {
  const natives = content.members.map((member) => nativeName(work.owner, member));
  const target = layoutFor(work, name, natives);
  // Shards that an earlier attempt left are taken over as they are made.
  for (const step of stepsBetween(new Map(), target)) await carryOut(work, table, name, step, content.spec);
}

/** @throws AdapterError `not-found` when there is no such group */
export async function changeMembers(
  work: Workplace,
  table: GroupTable,
  name: string,
  delta: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<void> {
  const { inventory, owner } = work;
  const current = inventory.layout(table, name);
  if (current === undefined) throw new AdapterError('not-found', `${table} ${name} is not there.`);
  const leaving = new Set(delta.remove.map((member) => nativeName(owner, member)));
  const present = leavesOf(current).filter((native) => !leaving.has(native) && native !== fillerOf(work));
  const wanted = new Set([...present, ...delta.add.map((member) => nativeName(owner, member))]);
  const target = layoutFor(work, name, [...wanted]);
  for (const step of stepsBetween(current, target)) await carryOut(work, table, name, step, {});
}

export async function updateGroup(
  work: Workplace,
  { kind, name }: ResourceKey,
  before: JsonObject,
  after: JsonObject,
): Promise<void> {
  await updateNamed(work, kind, name, changedAttributes(before, after));
}

/** A group goes before its shards, which it uses. */
export async function deleteGroup(work: Workplace, table: GroupTable, name: string): Promise<void> {
  const names = [...(work.inventory.layout(table, name) ?? new Map([[name, []]])).keys()];
  for (const native of names) {
    await deleteNamed(work, table, native);
    work.inventory.dropGroup(table, native);
  }
}

function layoutFor(work: Workplace, root: string, natives: readonly string[]): Layout {
  return layoutOf(root, natives, work.capabilities.maxMembersPerGroup, fillerOf(work));
}

async function carryOut(work: Workplace, table: GroupTable, root: string, step: Step, spec: JsonObject): Promise<void> {
  const { inventory } = work;
  switch (step.op) {
    case 'create': {
      // `exclude` is disabled anyway, and addrgrp6 has it since 7.2 only.
      const { exclude: _, ...own } = step.name === root ? spec : shardSpec(work, root);
      await createNamed(work, table, step.name, { ...own, member: step.members });
      inventory.setGroup(table, step.name, step.members);
      break;
    }
    case 'replace':
      await updateNamed(work, table, step.name, { member: step.members.map((name) => ({ name })) });
      inventory.setGroup(table, step.name, step.members);
      break;
    case 'join':
      await join(work, table, step.name, step.member);
      inventory.join(table, step.name, step.member);
      break;
    case 'leave':
      await leave(work, table, step.name, step.member);
      inventory.leave(table, step.name, step.member);
      break;
    case 'drop':
      await deleteNamed(work, table, step.name);
      inventory.dropGroup(table, step.name);
      break;
  }
}

function shardSpec(work: Workplace, root: string): JsonObject {
  return groupSpec({ comment: comment(work.owner, subjects.shard(root), '', 255) });
}

async function join(work: Workplace, table: GroupTable, group: string, name: string): Promise<void> {
  try {
    const keys = [group, 'member'];
    await repeatable(work.ask, { method: 'POST', base: 'cmdb', table, keys, body: { name } });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}

async function leave(work: Workplace, table: GroupTable, group: string, name: string): Promise<void> {
  try {
    await repeatable(work.ask, { method: 'DELETE', base: 'cmdb', table, keys: [group, 'member', name] });
  } catch (error) {
    if (!isClass(error, 'not-found')) throw error;
  }
}
