import { canonicalMember, canonicalMembers } from '../../../kit/common/groups/members.ts';
import { isOf, partsOf } from '../../../kit/common/groups/parts.ts';
import { subjects } from '../../../kit/common/ownership/marks.ts';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import { ownerMark } from '../../../src/adapter/owner.ts';
import type { AddressGroup, GroupDelta } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import { groupName, kinds } from '../objects/names.ts';
import type { Context } from './context.ts';
import { followedResources } from './followed.ts';

/** IP groups hold IPv4 alone. */
export const families = ['IPv4'] as const;

/** The groups that hold a group: one, or as many parts as it takes. */
export function partsOfGroup(
  { id, role, members }: AddressGroup,
  context: Context,
): readonly { readonly name: string; readonly members: readonly string[] }[] {
  const limit = context.capabilities.maxMembersPerGroup;
  return partsOf(canonicalMembers(members), { families, limit }).map(({ bits, members: held }) => ({
    name: groupName(context, role, id, bits),
    members: held,
  }));
}

export function groupResources(group: AddressGroup, context: Context): readonly Resource[] {
  if (context.config.sources === 'kube-selector-groups') return followedResources(group, context);
  const mark = ownerMark(context.owner, subjects.group(group.role, group.id));
  return partsOfGroup(group, context).map(({ name, members }) =>
    groupResource(kinds.group, name, { spec: {}, mark, members }),
  );
}

/** The fast path. Of a group in several parts the session knows which one a member is in. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, context: Context): readonly Change[] {
  // Azure itself follows the pods.
  if (context.config.sources === 'kube-selector-groups') return [];
  const own = (members: readonly string[]): readonly string[] =>
    members.map(canonicalMember).filter((member) => isOf('IPv4', member));
  const key = { kind: kinds.group, name: groupName(context, role, id, '') };
  return membersChange({ key, effect: role, add: own(added), remove: own(removed) });
}
