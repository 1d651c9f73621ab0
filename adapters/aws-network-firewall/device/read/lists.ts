import { textOf } from '../../../../kit/common/api/json.ts';
import { canonicalMember } from '../../../../kit/common/groups/members.ts';
import type { Ownership } from '../../../../kit/common/ownership/ownership.ts';
import type { ForeignCollision } from '../../../../src/adapter/adapter.ts';
import { readMark } from '../../../../src/adapter/owner.ts';
import type { JsonObject } from '../../../../src/core/model/json.ts';
import { itemsOf } from '../../../../kit/aws/query-protocol.ts';
import { kinds, scopePrefix } from '../../objects/names.ts';
import { pages } from '../../../../kit/aws/pages.ts';
import { eachOf } from '../../../../kit/common/api/each-of.ts';
import type { Firewall, KnownList } from '../known.ts';
import { asNetwork } from '../../../../src/net/cidr.ts';

/** Tag of a prefix list that holds our mark. */
export const markTag = 'postern';

interface Lists {
  readonly ours: readonly KnownList[];
  /** Of the same name as another of ours: a request that was repeated made two. */
  readonly doubles: readonly KnownList[];
  readonly foreign: readonly ForeignCollision[];
}

/** @param ownership is told whose they are */
export async function readLists(firewall: Firewall, versions: EntriesByVersion, ownership: Ownership): Promise<Lists> {
  const { ask } = firewall;
  const rows = await allLists(ask);
  const named = rows.filter(
    (row) =>
      textOf(row['prefixListName']).startsWith(scopePrefix(firewall)) &&
      !/^delete-(in-progress|complete)$/.test(textOf(row['state'])),
  );
  const marked = named.filter((row) => ownership.subjectOf(markOf(row)) !== undefined);
  const read = await eachOf(marked.map(listIn), async (list) => ({
    ...list,
    entries: await readEntries(firewall, list, versions),
  }));
  const all = read.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const first = new Map(all.toReversed().map((list) => [list.name, list]));
  return {
    ours: all.filter((list) => first.get(list.name) === list),
    doubles: all.filter((list) => first.get(list.name) !== list),
    foreign: named
      .filter((row) => readMark(markOf(row)) === undefined)
      .map((row) => ({
        kind: kinds.list,
        name: textOf(row['prefixListName']),
        found: `${textOf(row['prefixListId'])} without our tag`,
      })),
  };
}

function markOf(row: JsonObject): string {
  return textOf(itemsOf(row, 'tagSet').find((tag) => tag['key'] === markTag)?.['value']);
}

/** Without its entries. */
export function listIn(row: JsonObject): Omit<KnownList, 'entries'> {
  return {
    id: textOf(row['prefixListId']),
    arn: textOf(row['prefixListArn']),
    name: textOf(row['prefixListName']),
    family: row['addressFamily'] === 'IPv6' ? 'IPv6' : 'IPv4',
    mark: markOf(row),
    version: Number(row['version']),
    state: textOf(row['state']),
    maxEntries: Number(row['maxEntries']),
  };
}

/** What versions of lists hold, as it was read: a version never changes. By id of the list. */
export type EntriesByVersion = Map<string, Pick<KnownList, 'version' | 'entries'>>;

async function readEntries(
  { ask }: Firewall,
  { id, version }: Pick<KnownList, 'id' | 'version'>,
  versions: EntriesByVersion,
): Promise<ReadonlySet<string>> {
  const read = versions.get(id);
  if (read?.version === version) return read.entries;
  const entries = new Set(await entriesOf(ask, id, version));
  versions.set(id, { version, entries });
  return entries;
}

/** What a prefix list holds, as networks. @param version absent: as it is now */
export async function entriesOf(ask: Firewall['ask'], id: string, version?: number): Promise<readonly string[]> {
  const input = { PrefixListId: id, ...(version !== undefined && { TargetVersion: version }), MaxResults: 100 };
  const rows = await pages(
    async (next) => ask.ec2('GetManagedPrefixListEntries', { ...input, ...next }),
    'nextToken',
    (answer) => itemsOf(answer, 'entrySet'),
  );
  return rows.map((row) => asNetwork(canonicalMember(textOf(row['cidr']))));
}

async function allLists(ask: Firewall['ask']): Promise<readonly JsonObject[]> {
  return pages(
    async (next) => ask.ec2('DescribeManagedPrefixLists', { MaxResults: 100, ...next }),
    'nextToken',
    (answer) => itemsOf(answer, 'prefixListSet'),
  );
}

/** How many lists of the account are not ours; those that AWS itself has do not count. */
export async function foreignLists(firewall: Firewall): Promise<number> {
  const rows = await allLists(firewall.ask);
  const counted = rows.filter(
    (row) => row['ownerId'] !== 'AWS' && !textOf(row['prefixListName']).startsWith(scopePrefix(firewall)),
  );
  return counted.length;
}
