import type { Change, Place } from '../../model/plan.ts';
import { ownReach, ReachIndex, type FindReach } from './reach.ts';
import { hasShorterLists } from './shorter-lists.ts';
import { keyOf, type Resource, type ResourceKey } from '../../model/resource.ts';

/**
 * Changes that are not carried out, and what follows for those after them. Add them in plan order.
 *
 *   left out                                   so this waits
 *   anything                                   what needs the object, and further changes to it; the end of what the
 *                                                object as it stays still needs
 *   a change of members                        what needs the object; other members come and go
 *   a narrowing: a withdrawal, a denying rule  what permits more, for flows that it may concern
 *     or member on its way in
 *   an accepting rule that was to be           members for its groups: they would reach its old destination;
 *     rewritten, moved or deleted              denying rules and members that go: they still stand before its flows;
 *                                                nothing waits where it was only to lead to more
 *
 * A rule that was to stand after one that is left out stands where that one was to stand.
 */
export class SkippedChanges<R extends Resource> {
  readonly #reachOf: FindReach;
  /** Objects that are not as they should be; of those in `#membersOnly` nothing but members. */
  readonly #keys = new Map<string, ResourceKey>();
  readonly #membersOnly = new Set<string>();
  /** What the objects that stay as they were need, and which of them. */
  readonly #needed = new Map<string, ResourceKey>();
  readonly #places = new Map<string, Place>();
  readonly #groupsOfLagging = new Map<string, ResourceKey>();
  readonly #narrowings = new ReachIndex();
  readonly #lagging = new ReachIndex();

  /** @param reachOf which flows a change concerns; absent: known for members only */
  constructor(reachOf: FindReach = ownReach) {
    this.#reachOf = reachOf;
  }

  add(change: Change<R>): void {
    const { key } = change;
    const text = keyOf(key);
    if (change.op !== 'members') this.#membersOnly.delete(text);
    else if (!this.#keys.has(text)) this.#membersOnly.add(text);
    this.#keys.set(text, key);
    for (const ref of change.before?.refs ?? []) this.#needed.set(keyOf(ref), key);
    if ('place' in change) this.#places.set(text, change.place);
    if (narrows(change)) this.#narrowings.add(key, this.#reachOf(change));
    if (!lags(change)) return;
    this.#lagging.add(key, { ...this.#reachOf(change), to: undefined });
    for (const ref of [...(change.before?.refs ?? []), ...(change.after?.refs ?? [])]) {
      this.#groupsOfLagging.set(keyOf(ref), key);
    }
  }

  /** What this change has to wait for, if anything. */
  blockerOf(change: Change<R>): ResourceKey | undefined {
    const text = keyOf(change.key);
    if (change.op !== 'members' || !this.#membersOnly.has(text)) {
      const own = this.#keys.get(text);
      if (own !== undefined) return own;
    }
    const missing = change.after?.refs.find((ref) => this.#keys.has(keyOf(ref)));
    if (missing !== undefined) return missing;
    if (change.op === 'delete' && this.#needed.has(text)) return this.#needed.get(text);
    if (change.phase === 'extend' && this.#groupsOfLagging.has(text)) return this.#groupsOfLagging.get(text);
    if (this.#narrowings.empty && this.#lagging.empty) return undefined;
    const reach = this.#reachOf(change);
    const narrowing = widens(change) ? this.#narrowings.find(reach) : undefined;
    return narrowing ?? (uncovers(change) ? this.#lagging.find(reach) : undefined);
  }

  /** The change as it can be carried out without those left out; the same object where nothing differs. */
  anchored(change: Change<R>): Change<R> {
    if (!('place' in change)) return change;
    let { after } = change.place;
    for (;;) {
      const instead: Place | undefined =
        after === null ? undefined : this.#places.get(keyOf({ ...change.key, name: after }));
      if (instead === undefined) break;
      after = instead.after;
    }
    return after === change.place.after ? change : { ...change, place: { after } };
  }
}

function narrows(change: Change): boolean {
  if (change.phase === 'revoke') return true;
  return change.phase === 'grow' && (change.op === 'members' || 'place' in change);
}

/** Deleting an unused object that permits and denies nothing by itself opens nothing. */
export function widens({ phase, op, before }: Change): boolean {
  if (phase === 'shrink') return op !== 'delete' || before.effect !== 'None';
  return phase === 'wire' || phase === 'extend';
}

/** An accepting rule stays on the device as it was, or where it was. */
function lags(change: Change): boolean {
  if (change.phase === 'revoke') return change.op === 'delete';
  if (change.phase !== 'wire' || change.op === 'create' || change.after?.effect !== 'Accept') return false;
  return !(change.op === 'update' && isPartOf(change.before, change.after));
}

/** The rule's current destinations are all within the wanted ones, so new members of its groups reach nothing else. */
function isPartOf(before: Resource, after: Resource): boolean {
  const refs = new Set(after.refs.map(keyOf));
  return (
    before.effect === after.effect && before.refs.every((ref) => refs.has(keyOf(ref))) && hasShorterLists(before, after)
  );
}

/** What stands before an accepting rule goes, or sinks. */
function uncovers({ phase, op, after, before }: Change): boolean {
  return (after ?? before)?.effect === 'Deny' && (phase === 'shrink' || (phase === 'wire' && op === 'move'));
}
