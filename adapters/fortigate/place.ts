import { AdapterError } from '../../src/adapter/errors.ts';
import type { Place } from '../../src/core/model/plan.ts';
import type { FortigateConfig } from './config.ts';
import type { KnownPolicy } from './inventory.ts';

export type NativePlace = { readonly before: string } | { readonly after: string };

/**
 * Where a policy has to be moved, as FortiOS says it: before or after a policy id. The head of our block is before the
 * first of ours; a block that does not exist yet begins at the anchor. Others' policies are never moved.
 *
 * @param policies the whole table in its order, first match first
 * @returns undefined when there is nothing to stand before or behind
 * @throws AdapterError `not-found` when the policy that it goes after is not there, `invalid` when the anchor is not
 */
export function placeAt(
  policies: readonly KnownPolicy[],
  id: string,
  place: Place,
  anchor: FortigateConfig['anchor'],
): NativePlace | undefined {
  return place.after === null ? head(policies, id, anchor) : { after: follow(policies, place.after).id };
}

function follow(policies: readonly KnownPolicy[], name: string): KnownPolicy {
  const found = policies.find(
    (policy) => (name.startsWith('#') ? `#${policy.id}` : policy.ours && policy.name) === name,
  );
  if (found === undefined) throw new AdapterError('not-found', `firewall/policy ${name} is not there.`);
  return found;
}

function head(
  policies: readonly KnownPolicy[],
  id: string,
  anchor: FortigateConfig['anchor'],
): NativePlace | undefined {
  const others = policies.filter((policy) => policy.id !== id);
  const first = others.find(({ ours, enabled }) => ours && enabled);
  if (first !== undefined) return { before: first.id };
  if (anchor === 'top') return others[0] && { before: others[0].id };
  if (anchor === 'bottom') return others.at(-1) && { after: others.at(-1)?.id ?? '' };
  const name = 'above' in anchor ? anchor.above : anchor.below;
  const found = others.find((policy) => !policy.ours && policy.name === name);
  if (found === undefined) {
    throw new AdapterError(
      'invalid',
      `There is no policy ${name}, which config.anchor names; create it, or choose another anchor.`,
    );
  }
  return 'above' in anchor ? { before: found.id } : { after: found.id };
}

/** What stands in our block without being ours. */
export interface Intrusion {
  /** Policies of others, by which our block is divided. */
  readonly intruders: readonly KnownPolicy[];
  /** Ids of ours that are to be put back in front of them. */
  readonly detached: ReadonlySet<string>;
}

/**
 * Policies of others between ours. One that accepts decides before those of ours that stand below, and can undo a Deny:
 * ours then go back in front of it. One that denies only stops more, and may have been put there in haste for a reason:
 * nothing of ours is raised above it. The block begins with the first of ours, or with the first below the anchor.
 */
export function intrusionIn(policies: readonly KnownPolicy[], anchor: FortigateConfig['anchor']): Intrusion {
  const named = typeof anchor === 'object' && 'below' in anchor ? anchor.below : undefined;
  const anchored = policies.findIndex(({ ours, name }) => !ours && name === named);
  const isOurs = ({ ours, enabled }: KnownPolicy): boolean => ours && enabled;
  const below = policies.slice(anchored + 1);
  const block = below.slice(below.findIndex(isOurs), below.findLastIndex(isOurs) + 1);
  const intruders = block.filter(({ ours, enabled }) => !ours && enabled);
  const firstDenies = intruders.find(({ denies }) => denies);
  const upTo = firstDenies === undefined ? block.length : block.indexOf(firstDenies);
  const from = intruders[0] === undefined ? block.length : block.indexOf(intruders[0]);
  return {
    intruders,
    detached: new Set(
      block
        .slice(from, upTo)
        .filter(isOurs)
        .map(({ id }) => id),
    ),
  };
}
