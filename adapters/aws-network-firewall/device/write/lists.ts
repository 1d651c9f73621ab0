import type { Family } from '../../../../kit/common/groups/parts.ts';
import { randomUUID } from 'node:crypto';
import { isClass } from '../../../../kit/common/api/answers.ts';
import { isObject } from '../../../../kit/common/api/json.ts';
import { callsBetween, entriesFor, headRoom, type EntriesCall } from '../../../../kit/whole-document/entries.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import { ownerMark } from '../../../../src/adapter/owner.ts';
import type { Json, JsonObject } from '../../../../src/core/model/json.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { entriesPerCall } from '../../batch.ts';
import { fillerOf } from '../../objects/names.ts';
import type { Firewall, Known, KnownList } from '../known.ts';
import { listIn, markTag } from '../read/lists.ts';
import { asNetwork } from '../../../../src/net/cidr.ts';
import { entriesAfter, type MembersChange } from './members.ts';

/*
 * Prefix lists. Each change names the version that our own last call made: AWS accepts it only if that call was carried
 * out, so that it proves it. A list never has no entries: what a reference to an empty one means is documented nowhere.
 */

export const size = { least: 16, most: 1_000 } as const;
/** So often is a call repeated that meets an earlier change of the list. */
const patience = { attempts: 10, delayMs: 300 } as const;

/** Sends one change. @returns the list, if it is to be waited for */
export async function changeList(firewall: Firewall, known: Known, change: Change): Promise<KnownList | undefined> {
  switch (change.op) {
    case 'create':
      return createList(firewall, known, change);
    case 'members':
      return changeMembers(firewall, known, [change]);
    case 'delete':
      return deleteList(firewall, known, change.key.name);
    default:
      throw new AdapterError(
        'unsupported',
        `Prefix list ${change.key.name}: its family cannot be changed. Delete it, and Postern creates it again.`,
      );
  }
}

async function createList(
  firewall: Firewall,
  known: Known,
  { key, after }: Extract<Change, { op: 'create' }>,
): Promise<KnownList> {
  const family: Family = after.spec['family'] === 'IPv6' ? 'IPv6' : 'IPv4';
  const target = entriesFor((after.members ?? []).map(asNetwork), { filler: fillerOf(family) });
  const first = [...target].slice(0, entriesPerCall);
  const mark = ownerMark(
    firewall.owner,
    after.desiredId === undefined ? 'nobody' : `${after.effect}/${after.desiredId}`,
  );
  const answer = await firewall.ask.ec2('CreateManagedPrefixList', {
    PrefixListName: key.name,
    MaxEntries: headRoom(target.size, size),
    AddressFamily: family,
    Entry: first.map((Cidr) => ({ Cidr })),
    TagSpecification: [{ ResourceType: 'prefix-list', Tag: [{ Key: markTag, Value: mark }] }],
    ClientToken: randomUUID(),
  });
  const list: KnownList = { ...listAnswered(answer), entries: new Set(first) };
  known.lists.set(key.name, list);
  await writeEntries(firewall, list, target);
  return list;
}

/** Changes of members of one list, those that leave and those that join, by as few calls as they take. */
export async function changeMembers(
  firewall: Firewall,
  known: Known,
  changes: readonly MembersChange[],
): Promise<KnownList | undefined> {
  const after = entriesAfter(known.lists, changes, size.most);
  if (after.length === 0)
    throw new AdapterError('not-found', `Prefix list ${changes[0]?.key.name ?? ''} is not there.`);
  let last: KnownList | undefined;
  for (const { holder, target } of after) if (await writeEntries(firewall, holder, target)) last = holder;
  return last;
}

/** @returns whether anything had to be sent */
async function writeEntries(firewall: Firewall, list: KnownList, target: ReadonlySet<string>): Promise<boolean> {
  const calls = callsBetween(list.entries, target, { perCall: entriesPerCall, filler: fillerOf(list.family) });
  const peak = Math.max(target.size, list.entries.size);
  if (calls.length > 0 && peak > list.maxEntries) await modify(firewall, list, { MaxEntries: headRoom(peak, size) });
  for (const call of calls) {
    await modify(firewall, list, { CurrentVersion: list.version, ...entriesIn(call) });
    const leaving = new Set(call.remove);
    list.entries = new Set([...[...list.entries].filter((entry) => !leaving.has(entry)), ...call.add]);
  }
  return calls.length > 0;
}

function entriesIn({ add, remove }: EntriesCall): JsonObject {
  return {
    ...(add.length > 0 && { AddEntry: add.map((Cidr) => ({ Cidr })) }),
    ...(remove.length > 0 && { RemoveEntry: remove.map((Cidr) => ({ Cidr })) }),
  };
}

/** An earlier change of the list may not be complete yet: then it is asked again, for a while. */
export async function modify({ ask, clock }: Firewall, list: KnownList, input: JsonObject): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { state, maxEntries } = listAnswered(
        await ask.ec2('ModifyManagedPrefixList', { PrefixListId: list.id, ...input }),
      );
      // Each change of entries makes a version; whether the answer names it already or still the one before is not documented.
      const version = 'CurrentVersion' in input ? list.version + 1 : list.version;
      Object.assign(list, { version, state, maxEntries });
      return;
    } catch (error) {
      if (!isClass(error, 'busy') || attempt === patience.attempts) throw error;
      await clock.sleep(patience.delayMs);
    }
  }
}

async function deleteList({ ask }: Firewall, known: Known, name: string): Promise<undefined> {
  // One that stands beside another of the same name goes by its id.
  const id = known.lists.get(name)?.id ?? (/^pl-[0-9a-f]+$/.test(name) ? name : undefined);
  if (id === undefined) throw new AdapterError('not-found', `Prefix list ${name} is not there.`);
  await ask.ec2('DeleteManagedPrefixList', { PrefixListId: id });
  known.lists.delete(name);
  return undefined;
}

function listAnswered(answer: JsonObject): ReturnType<typeof listIn> {
  const row: Json | undefined = answer['prefixList'];
  if (isObject(row)) return listIn(row);
  throw new AdapterError('transient', 'EC2 answered without the prefix list that was written.', {
    outcomeUnknown: true,
  });
}
