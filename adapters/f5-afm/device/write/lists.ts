import { unlessRefused } from '../../../../kit/common/api/answers.ts';
import { changeMembers, createGroup, deleteGroup, type GroupTable } from '../../../../kit/common/groups/changes.ts';
import type { Operations } from '../../../../kit/common/dispatch.ts';
import { namesIn } from '../../../../kit/common/api/json.ts';
import { subjects } from '../../../../kit/common/ownership/marks.ts';
import { isShardOf, type Step } from '../../../../kit/common/groups/shards.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import type { Ask, Call } from '../../api/client.ts';
import { routeDomainOf, shardRules } from '../../lower/context.ts';
import { memberOf, nativeMember } from '../../objects/members.ts';
import { description, pathOf, tables } from '../../objects/names.ts';
import { pathsIn, referenceTo } from '../../objects/paths.ts';
import type { Work } from '../device.ts';
import { objectOperations } from './objects.ts';

/*
 * Address lists: those that carry groups, which may take several, and those of destinations. What others put into a list of
 * ours is told from a member by a space: `address 10.0.0.1-10.0.0.9`, `list /Common/office`.
 */

const collection = `tm/${tables.addressList}`;

export const addressListOperations: Operations<Work> = {
  ...objectOperations,
  create: (work, change) => {
    const { spec, members } = change.after;
    if (members === undefined) return objectOperations.create(work, change);
    return createGroup(listsAt(work, spec), change.key.name, members);
  },
  members: (work, change) => changeMembers(listsAt(work), change),
  delete: (work, { key }) => deleteGroup(listsAt(work), key.name),
};

/** What a list of ours holds: members, lists that are parts of the same group by their names, and what we never write. */
export function heldBy(
  row: JsonObject,
  root: string,
  { partition, routeDomain }: { readonly partition: string; readonly routeDomain: number },
): readonly string[] {
  const lists = pathsIn(row['addressLists']).map((path) => {
    const name = path.slice(partition.length + 2);
    return path === pathOf({ partition }, name) && isShardOf(root, name) ? name : `list ${path}`;
  });
  return [
    ...namesIn(row['addresses']).map((name) => memberOf(name, routeDomain) ?? `address ${name}`),
    ...lists,
    ...namesIn(row['fqdns']).map((name) => `name ${name}`),
    ...namesIn(row['geo']).map((region) => `region ${region}`),
  ];
}

function isStranger(held: string): boolean {
  return held.includes(' ');
}

function listsAt(work: Work, spec: JsonObject = {}): GroupTable {
  return {
    inventory: work.inventory,
    rules: shardRules(work),
    native: (member) => member,
    keeps: (held) => !isStranger(held),
    send: (step, root) => sendStep(work, root, step, spec),
  };
}

async function sendStep(work: Work, root: string, step: Step, spec: JsonObject): Promise<void> {
  const { ask, config, inventory } = work;
  const object = pathOf(config, step.name);
  if (!('members' in step)) {
    const call: Call = { method: 'DELETE', collection, object };
    // A transaction that takes the reference away does not yet let go of the list.
    if (work.atomic) work.afterwards.push(call);
    else await deleted(ask, call);
  } else if (step.op === 'create') {
    const { partition } = config;
    const own = step.name === root ? spec : { description: description(work.owner, subjects.shard(root)) };
    const body = { name: step.name, partition, ...own, ...contentOf(work, root, step.members, []) };
    await ask({ method: 'POST', collection, body });
  } else {
    const body = contentOf(work, root, step.members, inventory.holds(step.name));
    await ask({ method: 'PATCH', collection, object, body });
  }
}

/** Both families in one list; what is strange in it is cleared with it. */
function contentOf(work: Work, root: string, members: readonly string[], before: readonly string[]): JsonObject {
  const routeDomain = routeDomainOf(work);
  const addresses = members.filter((member) => !isShardOf(root, member));
  const lists = members.filter((member) => isShardOf(root, member));
  const hadStrangers = before.some(isStranger);
  const hadLists = hadStrangers || before.some((held) => isShardOf(root, held));
  return {
    addresses: addresses.map((member) => ({ name: nativeMember(member, routeDomain) })),
    ...((lists.length > 0 || hadLists) && {
      addressLists: lists.map((name) => referenceTo(pathOf(work.config, name))),
    }),
    ...(hadStrangers && { fqdns: [], geo: [] }),
  };
}

/** What is not there need not be deleted. */
export async function deleted(ask: Ask, call: Call): Promise<void> {
  await unlessRefused(ask(call), 'not-found');
}
