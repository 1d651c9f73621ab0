import { subjects } from '../../../kit/common/ownership/marks.ts';
import { canonicalMember, canonicalMembers } from '../../../kit/common/groups/members.ts';
import type { AddressGroup, GroupDelta } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import { description, sourceName, tables } from '../objects/names.ts';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import type { Context } from './context.ts';

/** One address list, whichever families its members have; the session divides it where it is large. */
export function lowerGroup({ id, role, title, members }: AddressGroup, { owner }: Context): Resource {
  const mark = description(owner, subjects.group(role, id), title);
  const group = { spec: { description: mark }, mark, members: canonicalMembers(members) };
  return groupResource(tables.addressList, sourceName(owner, id), group);
}

/** The fast path: a group is one address list, so a delta needs nothing but its name. How it is divided the session knows. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, { owner }: Context): readonly Change[] {
  const key = { kind: tables.addressList, name: sourceName(owner, id) };
  return membersChange({ key, effect: role, add: added.map(canonicalMember), remove: removed.map(canonicalMember) });
}
