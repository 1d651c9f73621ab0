import { dividedList, type Fill } from '../../../kit/whole-document/documents.ts';
import type { Written } from '../../../kit/whole-document/ordered.ts';
import { lineSid, referencesIn } from '../objects/line.ts';
import { isAssociation } from '../objects/names.ts';

/** References that one rule group may have, so that all lines of a rule fit into one. */
export const referencesPerDocument = 5;
const associationsPerDocument = 30;
const bytesPerDocument = 1_900_000;
/** What a rule group can be made with. */
export const mostCapacity = 30_000;

/** A rule as it stands in a rule group. */
export interface WrittenRule extends Written {
  readonly lines: readonly string[];
}

/** A rule group refers to so many lists, or to so many associations and then to no list, has no number twice, and is so long at most. */
export function emptyGroup(): Fill<WrittenRule> {
  const references = new Set<string>();
  const numbers = new Set<string | number>();
  let bytes = 0;
  return ({ lines }) => {
    const more = referencesIn(lines, '@').filter((reference) => !references.has(reference));
    const own = lines.map(lineSid);
    const length = lines.reduce((sum, line) => sum + line.length + 1, bytes);
    const isTwice = new Set(own).size < own.length || own.some((number) => numbers.has(number));
    const all = [...references, ...more];
    const followed = all.filter(isAssociation).length;
    const most = followed > 0 ? associationsPerDocument : referencesPerDocument;
    if (all.length > most || (followed > 0 && followed < all.length) || length > bytesPerDocument || isTwice)
      return false;
    for (const reference of more) references.add(reference);
    for (const number of own) numbers.add(number);
    bytes = length;
    return true;
  };
}

/** Do these rules fit into so many rule groups, and so many lines, of one policy? */
export function fitsPolicy(
  rules: readonly WrittenRule[],
  { groups, lines }: { readonly groups: number; readonly lines: number },
): boolean {
  if (linesIn(rules).length > lines) return false;
  return dividedList(rules, [], { empty: emptyGroup, most: groups }).length <= groups;
}

/**
 * What rule groups with so many lines are made with, which never changes: half as much again as is needed, in steps that
 * double, where the policy has room for that, in which it is reserved.
 *
 * @param room of the policy for all of them
 */
export function capacitiesFor(lines: readonly number[], room: number): readonly number[] {
  const wished = lines.map(withHeadRoom);
  if (sumOf(wished) <= room) return wished;
  const spare = Math.max(0, Math.floor((room - sumOf(lines)) / lines.length));
  return lines.map((own) => Math.min(Math.max(1, own + spare), mostCapacity));
}

function withHeadRoom(lines: number): number {
  let capacity = 100;
  while (capacity < lines * 1.5 && capacity < mostCapacity) capacity *= 2;
  return Math.min(capacity, mostCapacity);
}

export function linesIn(rules: readonly WrittenRule[]): readonly string[] {
  return rules.flatMap(({ lines }) => lines);
}

export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
