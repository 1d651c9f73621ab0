import { canonicalMember } from '../../../kit/common/groups/members.ts';
import type { Owner } from '../../../src/adapter/owner.ts';
import type { GroupDelta } from '../../../src/core/model/desired.ts';
import type { Change } from '../../../src/core/model/plan.ts';
import { membersChange } from '../../../src/core/plan/diff.ts';
import { sourceName, tables } from '../objects/names.ts';
import { carrierOf, type Context } from './context.ts';
import { memberAddress } from './groups.ts';
import { familyOf } from '../../../src/net/address.ts';

/**
 * The fast path: every group exists for both families from the start, so a delta needs nothing but its name. Whether an
 * address object is there already, or in use elsewhere, it cannot know: the session does, and leaves such changes out.
 */
export function lowerDelta({ id, role, added, removed }: GroupDelta, context: Context): readonly Change[] {
  const { owner, capabilities, config } = context;
  const name = sourceName(owner, id);
  const add = added.map(canonicalMember);
  const remove = removed.map(canonicalMember);
  if (carrierOf(capabilities, config) === 'pushFeed') {
    return membersChange({ key: { kind: tables.feed, name }, effect: role, add, remove });
  }
  const memberships = ([4, 6] as const).flatMap((family) => {
    const inFamily = (member: string): boolean => familyOf(member) === family;
    const key = { kind: family === 4 ? tables.group : tables.group6, name };
    return membersChange({ key, effect: role, add: add.filter(inFamily), remove: remove.filter(inFamily) });
  });
  return [
    ...add.map((member) => creation(member, owner)),
    ...memberships,
    ...remove.map((member) => deletion(member, owner)),
  ];
}

function creation(member: string, owner: Owner): Change {
  const after = memberAddress(member, owner);
  return { op: 'create', phase: 'grow', key: { kind: after.kind, name: after.name }, after };
}

function deletion(member: string, owner: Owner): Change {
  const before = memberAddress(member, owner);
  return { op: 'delete', phase: 'shrink', key: { kind: before.kind, name: before.name }, before };
}
