import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { GroupDelta } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import { kinds, tagName } from '../objects/names.ts';
import type { Context } from './context.ts';
import { isRegistrable } from './groups.ts';

/** The fast path: every tag is there from the start. Networks of IPv6 are configuration. */
export function lowerDelta(
  { id, role, added, removed }: GroupDelta,
  { owner }: Context,
): readonly Change[] | undefined {
  if (![...added, ...removed].every(isRegistrable)) return undefined;
  const key = { kind: kinds.tag, name: tagName(owner, role, id) };
  return membersChange({ key, effect: role, add: added.map(canonicalMember), remove: removed.map(canonicalMember) });
}
