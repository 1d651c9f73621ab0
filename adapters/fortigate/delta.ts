import type { GroupDelta } from '../../src/core/model/desired.ts';
import type { Change } from '../../src/core/model/plan.ts';
import { membersChange } from '../../src/core/plan/diff.ts';
import { carrierOf, type Context } from './lower/carrier.ts';
import { sourceName, tables } from './names.ts';
import { canonicalMember, familyOf } from './native.ts';

/** The fast path: every group exists for both families from the start, so a delta needs nothing but its name. */
export function lowerDelta({ id, role, added, removed }: GroupDelta, context: Context): readonly Change[] {
  const name = sourceName(context.owner, id);
  const add = added.map(canonicalMember);
  const remove = removed.map(canonicalMember);
  if (carrierOf(context.capabilities, context.config) === 'pushFeed') {
    return membersChange({ key: { kind: tables.feed, name }, effect: role, add, remove });
  }
  return ([4, 6] as const).flatMap((family) => {
    const inFamily = (member: string): boolean => familyOf(member) === family;
    const key = { kind: family === 4 ? tables.group : tables.group6, name };
    return membersChange({ key, effect: role, add: add.filter(inFamily), remove: remove.filter(inFamily) });
  });
}
