import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import { partsOf, type Part } from '../../../kit/common/groups/parts.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import type { LowerContext } from '../../../src/adapter/adapter.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import type { AwsConfig } from '../config.ts';
import { listName } from '../objects/names.ts';
import { listResource } from '../objects/resources.ts';

export type Context = LowerContext<AwsConfig>;

/** The prefix lists of a group. */
export function listsOf(
  { id, role, members }: AddressGroup,
  context: Context,
): readonly (Part & { readonly name: string })[] {
  const limits = { families: context.config.addressFamilies, limit: context.capabilities.maxMembersPerGroup };
  return partsOf(canonicalMembers(members), limits).map((part) => ({
    ...part,
    name: listName(context, role, part.family, id, part.bits),
  }));
}

export function groupResources(group: AddressGroup, context: Context): readonly Resource[] {
  const mark = ownerMark(context.owner, subjects.group(group.role, group.id));
  return listsOf(group, context).map(({ name, family, members }) => listResource(name, family, mark, members));
}
