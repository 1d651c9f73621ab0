import { canonicalMembers, familyOf } from '../../../kit/common/groups/members.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import type { LowerContext } from '../../../src/adapter/adapter.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import type { AwsConfig } from '../config.ts';
import { listName, type Family } from '../objects/names.ts';
import { listResource } from '../objects/resources.ts';
import { partsOf } from './parts.ts';

export type Context = LowerContext<AwsConfig>;

export function isOf(family: Family, member: string): boolean {
  return familyOf(member) === (family === 'IPv4' ? 4 : 6);
}

/** The lists of a group: one for each family, whether it has members of it or not, so that the first one is no change of rules. */
export function listsOf(
  { id, role, members }: AddressGroup,
  context: Context,
): readonly { readonly name: string; readonly family: Family; readonly members: readonly string[] }[] {
  const canonical = canonicalMembers(members);
  return context.config.addressFamilies.flatMap((family) => {
    const own = canonical.filter((member) => isOf(family, member));
    const parts = partsOf(own, context.capabilities.maxMembersPerGroup);
    return [...parts].map(([part, held]) => ({
      name: listName(context, role, family, id, part),
      family,
      members: held,
    }));
  });
}

export function groupResources(group: AddressGroup, context: Context): readonly Resource[] {
  const mark = ownerMark(context.owner, subjects.group(group.role, group.id));
  return listsOf(group, context).map(({ name, family, members }) => listResource(name, family, mark, members));
}
