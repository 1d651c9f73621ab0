import { subjects } from '../../../kit/common/ownership/marks.ts';
import { canonicalMembers } from '../../../kit/common/groups/members.ts';
import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { description, sourceName, tables } from '../objects/names.ts';
import { groupResource } from '../../../kit/common/ownership/resources.ts';
import type { Context } from './context.ts';

/** One address list, whichever families its members have; the session divides it where it is large. */
export function lowerGroup({ id, role, title, members }: AddressGroup, { owner }: Context): Resource {
  const mark = description(owner, subjects.group(role, id), title);
  const group = { spec: { description: mark }, mark, members: canonicalMembers(members) };
  return groupResource(tables.addressList, sourceName(owner, id), group);
}
