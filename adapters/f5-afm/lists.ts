import { AdapterError } from '../../src/adapter/errors.ts';
import type { JsonObject } from '../../src/core/model/json.ts';
import type { Call } from './client.ts';
import type { Workplace } from './device.ts';
import { isClass } from './answer.ts';
import { layoutOf, membersIn, stepsBetween, type Layout, type List, type Step } from './layout.ts';
import { routeDomainOf } from './lower/context.ts';
import { memberOf, nativeMember } from './members.ts';
import { description, isShardOf, pathOf, subjects, tables } from './names.ts';
import { namesIn, pathsIn, referenceTo } from './native.ts';

/*
 * Address lists that carry groups. The plan knows one group with all its members; here are the lists that it takes.
 */

const collection = `tm/${tables.addressList}`;

/** A list as the device has it; what we never write stands in it as what it is. */
export function listIn(
  row: JsonObject,
  root: string,
  { partition, routeDomain }: { readonly partition: string; readonly routeDomain: number },
): List {
  const read = namesIn(row['addresses']).map((name) => memberOf(name, routeDomain) ?? `address ${name}`);
  const paths = pathsIn(row['addressLists']);
  const own = (path: string): string | undefined => {
    const name = path.slice(partition.length + 2);
    return path === pathOf({ partition }, name) && isShardOf(root, name) ? name : undefined;
  };
  return {
    addresses: read.filter((member) => !member.startsWith('address ')).sort(),
    lists: paths.flatMap((path) => own(path) ?? []),
    strange: [
      ...read.filter((member) => member.startsWith('address ')),
      ...paths.filter((path) => own(path) === undefined).map((path) => `list ${path}`),
      ...namesIn(row['fqdns']).map((name) => `name ${name}`),
      ...namesIn(row['geo']).map((region) => `region ${region}`),
    ],
  };
}

export async function createGroup(
  work: Workplace,
  name: string,
  content: { readonly spec: JsonObject; readonly members: readonly string[] },
): Promise<void> {
  const target = layoutFor(work, name, content.members);
  for (const step of stepsBetween(new Map<string, List>(), target)) await carryOut(work, name, step, content.spec);
}

/** @throws AdapterError `not-found` when there is no such group */
export async function changeMembers(
  work: Workplace,
  name: string,
  delta: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<void> {
  const current = work.inventory.layout(name);
  if (current === undefined) throw new AdapterError('not-found', `${tables.addressList} ${name} is not there.`);
  const target = layoutFor(work, name, wantedMembers(membersIn(current), delta));
  for (const step of stepsBetween(current, target)) await carryOut(work, name, step, {});
}

/** What is there without what goes and what we never write, and with what comes. */
function wantedMembers(
  present: readonly string[],
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): readonly string[] {
  const leaving = new Set(remove);
  return [...present.filter((member) => !leaving.has(member) && !member.includes(' ')), ...add];
}

/** A list goes before those that it refers to. */
export async function deleteGroup(work: Workplace, name: string): Promise<void> {
  const names = [...(work.inventory.layout(name) ?? new Map([[name, undefined]])).keys()];
  for (const list of names) await deleteList(work, list);
}

export async function deleteList(work: Workplace, name: string): Promise<void> {
  await deleted(work.ask, { method: 'DELETE', collection, object: pathOf(work.config, name) });
  work.inventory.drop(name);
}

/** What is not there need not be deleted. */
export async function deleted(ask: Workplace['ask'], call: Call): Promise<void> {
  try {
    await ask(call);
  } catch (error) {
    if (!isClass(error, 'not-found')) throw error;
  }
}

function layoutFor(work: Workplace, root: string, members: readonly string[]): Layout {
  return layoutOf(root, members, work.capabilities.maxMembersPerGroup);
}

async function carryOut(work: Workplace, root: string, step: Step, spec: JsonObject): Promise<void> {
  const { ask, config, inventory } = work;
  const object = pathOf(config, step.name);
  if (step.op === 'drop') {
    const call: Call = { method: 'DELETE', collection, object };
    // A transaction that takes the reference away does not yet let go of the list.
    if (work.atomic) work.afterwards.push(call);
    else await deleted(ask, call);
    inventory.drop(step.name);
    return;
  }
  const { list } = step;
  if (step.op === 'create' && !inventory.has(step.name)) {
    const { partition } = config;
    const own = step.name === root ? spec : { description: description(work.owner, subjects.shard(root)) };
    await ask({ method: 'POST', collection, body: { name: step.name, partition, ...own, ...contentOf(work, list) } });
  } else {
    // A list that is there without being in use was left by a change that broke off.
    const before = step.op === 'replace' ? step.before : inventory.list(step.name);
    await ask({ method: 'PATCH', collection, object, body: contentOf(work, list, before) });
  }
  inventory.set(step.name, list);
}

/** Both families in one list; what is strange in it is cleared with it. */
function contentOf(work: Workplace, { addresses, lists }: List, before?: List): JsonObject {
  const routeDomain = routeDomainOf(work);
  const rows = addresses.map((member) => ({ name: nativeMember(member, routeDomain) }));
  const references = lists.map((name) => referenceTo(pathOf(work.config, name)));
  const hadLists = before !== undefined && (before.lists.length > 0 || before.strange.length > 0);
  return {
    addresses: rows,
    ...((references.length > 0 || hadLists) && { addressLists: references }),
    ...(before !== undefined && before.strange.length > 0 && { fqdns: [], geo: [] }),
  };
}
