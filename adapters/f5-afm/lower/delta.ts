import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { GroupDelta } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import type { Context } from './context.ts';
import { sourceName, tables } from '../objects/names.ts';

/** The fast path: a group is one address list, so a delta needs nothing but its name. How it is divided the session knows. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, { owner }: Context): readonly Change[] {
  const key = { kind: tables.addressList, name: sourceName(owner, id) };
  return membersChange({ key, effect: role, add: added.map(canonicalMember), remove: removed.map(canonicalMember) });
}
