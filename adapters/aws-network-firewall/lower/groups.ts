import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import { partsOf, type Part } from '../../../kit/common/groups/parts.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import type { LowerContext } from '../../../src/adapter/adapter.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import type { AwsConfig } from '../config.ts';
import { listName, sourceKind } from '../objects/names.ts';
import { sourceResource } from '../objects/resources.ts';

export type Context = LowerContext<AwsConfig>;

/** Addresses that a rule has room for beside networks, where it is 8,192 characters long with the values of its variables. */
export const mostInline = 120;

/** What holds the addresses of a group: prefix lists, or variables. */
export function setsOf(
  { id, role, members }: AddressGroup,
  context: Context,
): readonly (Part & { readonly name: string })[] {
  const { config, capabilities } = context;
  const limit = Math.min(capabilities.maxMembersPerGroup, config.sources === 'inline' ? mostInline : Infinity);
  const limits = { families: config.addressFamilies, limit };
  return partsOf(canonicalMembers(members), limits).map((part) => ({
    ...part,
    name: listName(context, role, part.family, id, part.bits),
  }));
}

export function groupResources(group: AddressGroup, context: Context): readonly Resource[] {
  const mark = ownerMark(context.owner, subjects.group(group.role, group.id));
  return setsOf(group, context).map(({ name, family, members }) =>
    sourceResource(sourceKind(context.config), name, { family, mark, members }),
  );
}
