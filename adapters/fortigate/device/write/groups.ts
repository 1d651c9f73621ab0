import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { isObject } from '../../../../kit/common/api/json.ts';
import type { ChangeOf, Operations } from '../../../../kit/common/dispatch.ts';
import {
  changeMembers,
  createGroup,
  deleteGroup,
  type GroupTable as Groups,
} from '../../../../kit/common/groups/changes.ts';
import { subjects } from '../../../../kit/common/ownership/marks.ts';
import type { Step } from '../../../../kit/common/groups/shards.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { ResourceKey } from '../../../../src/core/model/resource.ts';
import { shardRules } from '../../lower/context.ts';
import { changedAttributes } from '../../objects/attributes.ts';
import { comment, nativeMember } from '../../objects/names.ts';
import { edit, type Work } from '../device.ts';
import { createEntry, deleteEntry, entryOperations, isDuplicate, updateEntry } from './entries.ts';

/** Groups of addresses: one native group, or several where one does not hold all members. */
export const groupOperations: Operations<Work> = {
  create: (work, { key, after }) => createGroup(groupsAt(work, key, after.spec), key.name, after.members ?? []),
  update: updateGroup,
  members: (work, change) => changeMembers(groupsAt(work, change.key), change),
  delete: (work, { key }) => deleteGroup(groupsAt(work, key), key.name),
};

/** What stands in the spec under the name of a part was set there, and is set back there. */
async function updateGroup(work: Work, change: ChangeOf<'update'>): Promise<void> {
  const { key, before } = change;
  const own = Object.entries(before.spec).filter(([, value]) => !isObject(value));
  for (const [part, set] of Object.entries(before.spec)) {
    if (!isObject(set)) continue;
    await updateEntry(work, key.kind, part, changedAttributes(set, {}, work.inventory.initial(key.kind)));
  }
  await entryOperations.update(work, { ...change, before: { ...before, spec: Object.fromEntries(own) } });
}

function groupsAt(work: Work, { kind }: ResourceKey, spec: JsonObject = {}): Groups {
  return {
    inventory: work.inventory.groups(kind),
    rules: shardRules(work),
    native: (member) => nativeMember(work.owner, member),
    send: (step, root) => sendStep(work, kind, step, step.name === root ? spec : shardSpec(work, root)),
  };
}

function shardSpec(work: Work, root: string): JsonObject {
  return { comment: comment(work.owner, subjects.shard(root)) };
}

async function sendStep(work: Work, table: string, step: Step, spec: JsonObject): Promise<void> {
  const { ask } = work;
  switch (step.op) {
    case 'create':
      await createEntry(work, table, step.name, { ...spec, member: step.members });
      break;
    case 'replace':
      await updateEntry(work, table, step.name, { member: step.members.map((name) => ({ name })) });
      break;
    case 'join':
      try {
        const keys = [step.name, 'member'];
        await edit(ask, { method: 'POST', table, keys, body: { name: step.member } });
      } catch (error) {
        if (!isDuplicate(error)) throw error;
      }
      break;
    case 'leave':
      await unlessRefused(
        edit(ask, { method: 'DELETE', table, keys: [step.name, 'member', step.member] }),
        'not-found',
      );
      break;
    case 'drop':
      await deleteEntry(work, table, step.name);
      break;
  }
}
