import { AdapterError } from '../../src/adapter/errors.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { revokedSources } from './batch.ts';
import type { Device, Workplace } from './device.ts';
import { createFeed } from './feed.ts';
import { changeMembers, createGroup, deleteGroup, updateGroup } from './groups.ts';
import { memberIn, tables, type GroupTable } from './names.ts';
import { changedAttributes, textOf } from './native.ts';
import { createNamed, deleteNamed, updateNamed } from './objects.ts';
import { createPolicy, deletePolicy, movePolicy, updatePolicy } from './policies.ts';

/**
 * Is there nothing to send? The address of a member may be there for another group, or in use by one; a shard that was
 * left over may be in its place again.
 */
export function isUnneeded({ inventory }: Workplace, { op, key: { kind, name } }: Change): boolean {
  if (op === 'create') return kind !== tables.feed && inventory.hasAddress(kind, name);
  return op === 'delete' && kind !== tables.policy && inventory.isUsed(kind, name);
}

/** Makes one change, in as many requests as it takes. @throws AdapterError what went wrong */
export function makeChange(work: Workplace, change: Change): Promise<void> {
  switch (change.key.kind) {
    case tables.policy:
      return changePolicy(work, change);
    case tables.group:
    case tables.group6:
      return changeGroup(work, change.key.kind, change);
    default:
      return changeNamed(work, change);
  }
}

function changePolicy(work: Workplace, change: Change): Promise<void> {
  switch (change.op) {
    case 'create':
      return createPolicy(work, change);
    case 'update':
      return updatePolicy(work, change);
    case 'move':
      return movePolicy(work, change.key.name, change.place);
    case 'delete':
      return deletePolicy(work, change.key.name);
    case 'members':
      throw noSuchChange(change);
  }
}

function changeGroup(work: Workplace, table: GroupTable, change: Change): Promise<void> {
  const { key } = change;
  switch (change.op) {
    case 'create':
      return createGroup(work, table, key.name, { spec: change.after.spec, members: change.after.members ?? [] });
    case 'update':
      return updateGroup(work, key, change.before.spec, change.after.spec);
    case 'members':
      return changeMembers(work, table, key.name, change);
    case 'delete':
      return deleteGroup(work, table, key.name);
    case 'move':
      throw noSuchChange(change);
  }
}

/** Addresses, services, schedules and feeds. */
function changeNamed(work: Workplace, change: Change): Promise<void> {
  const { kind, name } = change.key;
  switch (change.op) {
    case 'create':
      return kind === tables.feed ? createFeed(work, change) : createObject(work, change);
    case 'update':
      return updateNamed(work, kind, name, changedAttributes(change.before.spec, change.after.spec));
    case 'delete':
      return deleteObject(work, kind, name);
    case 'members':
    case 'move':
      throw noSuchChange(change);
  }
}

async function createObject(work: Workplace, { key, after }: Change & { readonly op: 'create' }): Promise<void> {
  await createNamed(work, key.kind, key.name, after.spec);
  const member = memberIn(work.owner, key.name, textOf(after.spec['comment']));
  if (member !== undefined) work.inventory.setAddress(key.kind, key.name, member);
}

async function deleteObject(work: Workplace, kind: string, name: string): Promise<void> {
  await deleteNamed(work, kind, name);
  work.inventory.dropAddress(kind, name);
}

function noSuchChange({ op, key }: Change): AdapterError {
  return new AdapterError('unsupported', `${key.kind} ${key.name}: there is no change ${op} for it.`);
}

/** Ends what an address that has left an accepting group still has open, where the config asks for it. */
export async function endSessions({ ask, config }: Device, changes: readonly Change[]): Promise<void> {
  if (!config.revokeSessions) return;
  for (const saddr of changes.flatMap(revokedSources)) {
    await ask({ method: 'POST', base: 'monitor', table: 'firewall/session/close-multiple', body: { saddr } });
  }
}
