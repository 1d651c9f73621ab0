import { canonicalMember } from '../../../kit/common/groups/members.ts';
import { isOf } from '../../../kit/common/groups/parts.ts';
import type { GroupDelta } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import { listName, sourceKind } from '../objects/names.ts';
import type { Context } from './groups.ts';

/** The fast path: lists exist from the start. Of a group in several parts the session knows which one a member is in. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, context: Context): readonly Change[] {
  // AWS itself follows the pods.
  if (context.config.sources === 'container-association') return [];
  return context.config.addressFamilies.flatMap((family) => {
    const own = (members: readonly string[]): readonly string[] =>
      members.map(canonicalMember).filter((member) => isOf(family, member));
    const key = { kind: sourceKind(context.config), name: listName(context, role, family, id, '') };
    return membersChange({ key, effect: role, add: own(added), remove: own(removed) });
  });
}
