import { asNetwork } from '../../../../src/net/cidr.ts';
import { bitsOf, type Family } from '../../../../kit/common/groups/parts.ts';
import { entriesFor } from '../../../../kit/whole-document/entries.ts';
import { AdapterError } from '../../../../src/adapter/errors.ts';
import type { Change } from '../../../../src/core/model/plan.ts';
import { fillerOf } from '../../objects/names.ts';

/** What holds addresses. */
interface Holder {
  readonly name: string;
  readonly family: Family;
  readonly entries: ReadonlySet<string>;
}

export type MembersChange = Extract<Change, { op: 'members' }>;

/**
 * What is to be held after these changes, which are about one name, by that or by the parts that it was divided into.
 *
 * @throws AdapterError `conflict` where one would hold more than `most`
 */
export function entriesAfter<H extends Holder>(
  holders: ReadonlyMap<string, H>,
  changes: readonly MembersChange[],
  most: number,
): readonly { readonly holder: H; readonly target: ReadonlySet<string> }[] {
  return partsIn(holders, changes[0]?.key.name ?? '').map(({ holder, part }) => {
    const filler = fillerOf(holder.family);
    const members = new Set([...holder.entries].filter((entry) => entry !== filler));
    for (const { add, remove } of changes) {
      for (const member of remove) members.delete(asNetwork(member));
      for (const member of add) if (bitsOf(member).startsWith(part)) members.add(asNetwork(member));
    }
    if (members.size > most) {
      const message = `${holder.name} would hold ${members.size} entries, and ${most} fit: Postern divides the group again.`;
      throw new AdapterError('conflict', message);
    }
    return { holder, target: entriesFor(members, { filler }) };
  });
}

function partsIn<H extends Holder>(
  holders: ReadonlyMap<string, H>,
  name: string,
): readonly { readonly holder: H; readonly part: string }[] {
  const whole = holders.get(name);
  if (whole !== undefined) return [{ holder: whole, part: '' }];
  return [...holders.values()]
    .filter((holder) => holder.name.startsWith(`${name}-`))
    .map((holder) => ({ holder, part: holder.name.slice(name.length + 1) }));
}
