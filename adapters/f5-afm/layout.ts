import { createHash } from 'node:crypto';
import { nobody } from './members.ts';
import { shardName } from './names.ts';

/*
 * AFM replaces a list as a whole, so a change of one member sends all that share its list. A group that is larger than
 * the limit is divided by the hash of its members: its list then refers to lists for the members whose hash begins with
 * the same digit, and one of these that is still too large is divided by the next digit. All of them hang on the one
 * list that rules name. Which lists there are follows from the set of members alone, so that every way to the same
 * members ends in the same objects, and one member more or less is one small request.
 */

/** One native list: addresses as members, and the lists it refers to. Both sorted. */
export interface List {
  readonly addresses: readonly string[];
  readonly lists: readonly string[];
  /** What is in it that we never write: other names, regions, lists of others. */
  readonly strange: readonly string[];
}

/** Native lists by name. The first is the root, which rules name. */
export type Layout = ReadonlyMap<string, List>;

export function layoutOf(root: string, members: readonly string[], limit: number): Layout {
  const sorted = [...new Set(members)].sort();
  if (sorted.length <= limit) return new Map([[root, list([nobody, ...sorted], [])]]);
  const shards = divided(root, '', sorted, limit);
  return new Map([
    [
      root,
      list(
        [nobody],
        shards.map(([name]) => name),
      ),
    ],
    ...shards.map(([name, part]) => [name, list(part, [])] as const),
  ]);
}

function list(addresses: readonly string[], lists: readonly string[]): List {
  return { addresses: addresses.toSorted(), lists: lists.toSorted(), strange: [] };
}

type Shard = readonly [name: string, members: readonly string[]];

function divided(root: string, digits: string, members: readonly string[], limit: number): readonly Shard[] {
  const parts = new Map<string, string[]>();
  for (const member of members) {
    const part = digits + hashOf(member).charAt(digits.length);
    const known = parts.get(part);
    if (known === undefined) parts.set(part, [member]);
    else known.push(member);
  }
  return [...parts].flatMap(([part, own]): readonly Shard[] =>
    own.length <= limit ? [[shardName(root, part), own]] : divided(root, part, own, limit),
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The members of a group, through its lists; what is strange in them stands as `not an address: ...`. */
export function membersIn(layout: Layout): readonly string[] {
  const all = [...layout.values()].flatMap(({ addresses, strange }) => [...addresses, ...strange]);
  return [...new Set(all)].filter((member) => member !== nobody).sort();
}

/** One native request on the way from one layout to another. */
export type Step =
  | { readonly op: 'create' | 'replace'; readonly name: string; readonly list: List; readonly before?: List }
  | { readonly op: 'drop'; readonly name: string };

/**
 * The requests from one layout of a group to another. Lists come before what refers to them and go after it, and a group
 * is switched over to its parts by one request: between any two of them the group holds nothing but members of the old
 * or the new set, and never fewer than both have in common.
 */
export function stepsBetween(current: Layout, target: Layout): readonly Step[] {
  const rootLast = [...target].reverse();
  return [
    ...rootLast.flatMap(([name, list]): Step[] => (current.has(name) ? [] : [{ op: 'create', name, list }])),
    ...rootLast.flatMap(([name, list]): Step[] => {
      const before = current.get(name);
      return before === undefined || same(before, list) ? [] : [{ op: 'replace', name, list, before }];
    }),
    ...[...current.keys()].flatMap((name): Step[] => (target.has(name) ? [] : [{ op: 'drop', name }])),
  ];
}

function same(a: List, b: List): boolean {
  const text = ({ addresses, lists, strange }: List): string => JSON.stringify([addresses, lists, strange]);
  return text(a) === text(b);
}
