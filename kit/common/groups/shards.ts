import { createHash } from 'node:crypto';
import { grouped } from '../../../src/core/model/grouped.ts';

/*
 * A group that is larger than a native one is divided by the hash of its members: the native group that rules name then
 * holds native groups, one for each first digit of its members' hashes, and one of these that is still too large is
 * divided by the next digit. Which native groups there are follows from the set of members alone, so that every way to
 * the same members ends in the same objects, and one member more or less touches one small group.
 */

/** How a device holds large groups. */
export interface ShardRules {
  /** Members that one native group holds. */
  readonly limit: number;
  /** `nested`: groups hold groups that hold groups. `flat`: all parts hang on the one that rules name. */
  readonly depth: 'nested' | 'flat';
  /** What keeps a group from being without members, which the device forbids or takes for all sources. */
  readonly filler?: { readonly name: string; readonly stands: 'when-empty' | 'always' };
  /** From so many single members on, one request with all members is less work than one each; 1: members are always replaced as a whole. */
  readonly replaceFrom: number;
}

/** Native groups by name, with what each holds, sorted. The first is the root, which rules name. */
export type Layout = ReadonlyMap<string, readonly string[]>;

/** The native groups of a group with these members. */
export function layoutOf(root: string, members: readonly string[], rules: ShardRules): Layout {
  const layout = new Map<string, readonly string[]>();
  const { limit, filler } = rules;
  const always = filler?.stands === 'always' ? [filler.name] : [];
  const fill = (name: string, { digits, members: own }: Part, beside: readonly string[]): void => {
    const parts = own.length > limit ? partsOf(digits, own, rules) : [];
    const held = parts.length > 0 ? parts.map((part) => shardName(root, part.digits)) : own;
    layout.set(name, [...beside, ...held].sort());
    for (const part of parts) fill(shardName(root, part.digits), part, []);
  };
  const all = [...new Set(members)].sort();
  if (all.length === 0 && filler !== undefined) return new Map([[root, [filler.name]]]);
  fill(root, { digits: '', members: all }, always);
  return layout;
}

interface Part {
  /** With which the hashes of its members begin. */
  readonly digits: string;
  readonly members: readonly string[];
}

function partsOf(digits: string, members: readonly string[], rules: ShardRules): readonly Part[] {
  const parts = grouped(members.map((member) => [digits + hashOf(member).charAt(digits.length), member] as const));
  const sorted = [...parts].map(([part, own]) => ({ digits: part, members: own }));
  sorted.sort((a, b) => (a.digits < b.digits ? -1 : 1));
  if (rules.depth === 'nested') return sorted;
  return sorted.flatMap((part) =>
    part.members.length > rules.limit ? partsOf(part.digits, part.members, rules) : [part],
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The native group that holds the members of `root` whose hash begins with `digits`. */
function shardName(root: string, digits: string): string {
  return `${root}-${digits}`;
}

export function isShardOf(root: string, name: string): boolean {
  return name.startsWith(`${root}-`) && /^[0-9a-f]+$/.test(name.slice(root.length + 1));
}

/** What the native groups hold, but not each other. */
export function leavesOf(layout: Layout): readonly string[] {
  return [...new Set([...layout.values()].flat().filter((name) => !layout.has(name)))];
}

/** One native request on the way from one layout to another. */
export type Step =
  | { readonly op: 'create' | 'replace'; readonly name: string; readonly members: readonly string[] }
  | { readonly op: 'join' | 'leave'; readonly name: string; readonly member: string }
  | { readonly op: 'drop'; readonly name: string };

/**
 * The steps from one layout of a group to another. Parts come before what refers to them and go after it, and a group
 * is switched over to its parts by one request: between any two steps the group holds nothing but members of the old
 * or the new set, and never fewer than both have in common.
 */
export function stepsBetween(
  current: Layout,
  target: Layout,
  { replaceFrom }: Pick<ShardRules, 'replaceFrom'>,
): Step[] {
  const partsFirst = [...target].reverse();
  return [
    ...partsFirst.flatMap(([name, members]): Step[] => (current.has(name) ? [] : [{ op: 'create', name, members }])),
    ...partsFirst.flatMap(([name, after]): Step[] => {
      const before = current.get(name);
      if (before === undefined) return [];
      const joining = without(after, before);
      const leaving = without(before, after);
      const switches = [...joining, ...leaving].some((member) => current.has(member) || target.has(member));
      const edits = joining.length + leaving.length;
      if (edits > 0 && (switches || edits >= replaceFrom)) return [{ op: 'replace', name, members: after }];
      return [
        ...joining.map((member): Step => ({ op: 'join', name, member })),
        ...leaving.map((member): Step => ({ op: 'leave', name, member })),
      ];
    }),
    ...[...current.keys()].flatMap((name): Step[] => (target.has(name) ? [] : [{ op: 'drop', name }])),
  ];
}

function without(members: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return members.filter((member) => !known.has(member));
}
