import type { AddressGroup } from '../../../src/core/model/desired.ts';
import type { Resource } from '../../../src/core/model/resource.ts';
import { canonicalMember } from '../members.ts';
import { description, sourceName, subjects } from '../names.ts';
import { groupResource } from '../native.ts';
import type { Context } from './context.ts';

/** One address list, whichever families its members have; the session divides it where it is large. */
export function lowerGroup({ id, role, title, members }: AddressGroup, { owner }: Context): Resource {
  const spec = { description: description(owner, subjects.group(role, id), title) };
  const canonical = [...new Set(members.map(canonicalMember))].sort();
  return { ...groupResource(sourceName(owner, id), spec, canonical), title };
}
