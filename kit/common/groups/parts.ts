import { createHash } from 'node:crypto';
import { familyOf } from '../../../src/net/address.ts';

/*
 * A group on devices whose sets hold so many members of one address family each, and no other sets. It is divided by
 * family, a set that is too large by the first bit of its members' hashes, and so on: which sets there are follows from the
 * members alone, and one member more or less touches one set. Rules name all sets of a group.
 */

export type Family = 'IPv4' | 'IPv6';

export interface Part {
  readonly family: Family;
  /** `''` all members of the family, `'0'` and `'1'` each half, and so on. */
  readonly bits: string;
  readonly members: readonly string[];
}

/** A set for each family, whether it has members of it or not, so that the first one is no change of rules. */
export function partsOf(
  members: readonly string[],
  { families, limit }: { readonly families: readonly Family[]; readonly limit: number },
): readonly Part[] {
  return families.flatMap((family) =>
    divided(
      members.filter((member) => isOf(family, member)),
      limit,
    ).map((part) => ({ family, ...part })),
  );
}

function divided(members: readonly string[], limit: number, bits = ''): readonly Omit<Part, 'family'>[] {
  if (members.length <= limit || bits.length === deepest) return [{ bits, members }];
  return ['0', '1'].flatMap((bit) =>
    divided(
      members.filter((member) => bitsOf(member).charAt(bits.length) === bit),
      limit,
      bits + bit,
    ),
  );
}

/** Enough for 4,096 sets. */
const deepest = 12;

/** A member is in the part whose bits these begin with. */
export function bitsOf(member: string): string {
  const digits = createHash('sha256').update(member).digest('hex').slice(0, 4);
  return parseInt(digits, 16).toString(2).padStart(16, '0');
}

export function isOf(family: Family, member: string): boolean {
  return familyOf(member) === (family === 'IPv4' ? 4 : 6);
}

/** A member of these groups of a family that the point does not carry; undefined: there is none. */
export function memberOfOtherFamily(
  groups: readonly { readonly members: readonly string[] }[],
  families: readonly Family[],
): string | undefined {
  return groups.flatMap(({ members }) => members).find((member) => !families.some((family) => isOf(family, member)));
}
