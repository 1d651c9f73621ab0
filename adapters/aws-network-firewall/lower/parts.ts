import { hash } from '../objects/names.ts';

/*
 * A group that is larger than a list is divided by the bits of its members' hashes, and a part that is still too large by
 * the next bit: which lists there are follows from the members alone, and one member more or less touches one list.
 */

/** Members by the part that they are in: `''` all of them, `'0'` and `'1'` each half, and so on. */
export function partsOf(members: readonly string[], limit: number): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, readonly string[]>();
  const divide = (part: string, own: readonly string[]): void => {
    if (own.length <= limit || part.length === deepest) parts.set(part, own);
    else
      for (const bit of ['0', '1'])
        divide(
          part + bit,
          own.filter((member) => bitsOf(member).charAt(part.length) === bit),
        );
  };
  divide('', members);
  return parts;
}

/** As a reference has room for. */
const deepest = 12;

export function bitsOf(member: string): string {
  return parseInt(hash(member).slice(0, 4), 16).toString(2).padStart(16, '0');
}
