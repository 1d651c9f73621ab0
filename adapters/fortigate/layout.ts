import { createHash } from 'node:crypto';
import { shardName } from './names.ts';

/*
 * FortiOS groups hold a few hundred members (600 on the sample device). A larger group becomes a group of up to sixteen
 * groups, one for each first digit of its members' hashes; one of these that is still too large is divided by the next
 * digit, and so on. Which native groups there are follows from the set of members alone, so that every way to the same
 * members ends in the same objects, and one member more or less touches one small group.
 */

/** Native groups by name, with the names that each holds. The first is the root, which policies name. */
export type Layout = ReadonlyMap<string, readonly string[]>;

/**
 * @param members names of address objects
 * @param filler what stands in a group that would be empty, where the device forbids that
 */
export function layoutOf(root: string, members: readonly string[], limit: number, filler?: string): Layout {
  const layout = new Map<string, readonly string[]>();
  if (members.length === 0 && filler !== undefined) return new Map([[root, [filler]]]);
  divide({ root, limit, layout }, '', members.toSorted());
  return layout;
}

interface Division {
  readonly root: string;
  readonly limit: number;
  readonly layout: Map<string, readonly string[]>;
}

function divide(division: Division, digits: string, members: readonly string[]): void {
  const { root, limit, layout } = division;
  const name = digits === '' ? root : shardName(root, digits);
  layout.set(name, members);
  if (members.length <= limit) return;
  const parts = new Map<string, string[]>();
  for (const member of members) {
    const part = digits + hashOf(member).charAt(digits.length);
    const known = parts.get(part);
    if (known === undefined) parts.set(part, [member]);
    else known.push(member);
  }
  const sorted = [...parts.keys()].sort();
  layout.set(
    name,
    sorted.map((part) => shardName(root, part)),
  );
  for (const part of sorted) divide(division, part, parts.get(part) ?? []);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** One native step on the way from one layout to another. */
export type Step =
  | { readonly op: 'create'; readonly name: string; readonly members: readonly string[] }
  | { readonly op: 'replace'; readonly name: string; readonly members: readonly string[] }
  | { readonly op: 'join'; readonly name: string; readonly member: string }
  | { readonly op: 'leave'; readonly name: string; readonly member: string }
  | { readonly op: 'drop'; readonly name: string };

/** From so many single members on, one request with all of them is less work than one each. */
const replaceFrom = 12;

/**
 * The steps from one layout of a group to another. Parts come before what refers to them and go after it, and a group
 * is switched over to its parts by one request: between any two steps the group holds nothing but members of the old
 * or the new set, and never fewer than both have in common.
 */
export function stepsBetween(current: Layout, target: Layout): readonly Step[] {
  const deepestFirst = [...target].reverse();
  return [
    ...deepestFirst.flatMap(([name, members]): Step[] => (current.has(name) ? [] : [{ op: 'create', name, members }])),
    ...deepestFirst.flatMap(([name, members]) => edits(name, members, current, target)),
    ...[...current.keys()].flatMap((name): Step[] => (target.has(name) ? [] : [{ op: 'drop', name }])),
  ];
}

function edits(name: string, after: readonly string[], current: Layout, target: Layout): Step[] {
  const before = current.get(name);
  if (before === undefined) return [];
  const had = new Set(before);
  const wanted = new Set(after);
  const joining = after.filter((member) => !had.has(member));
  const leaving = before.filter((member) => !wanted.has(member));
  const switches = [...joining, ...leaving].some((member) => current.has(member) || target.has(member));
  if (switches || joining.length + leaving.length >= replaceFrom) return [{ op: 'replace', name, members: after }];
  return [
    ...joining.map((member): Step => ({ op: 'join', name, member })),
    ...leaving.map((member): Step => ({ op: 'leave', name, member })),
  ];
}
