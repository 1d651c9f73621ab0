import type { Change, Place } from '../model/plan.ts';
import { keyOf, type Resource, type ResourceKey } from '../model/resource.ts';

/**
 * Changes that are not carried out, and what follows for those after them. Add them in plan order.
 *
 *   left out                                   so this waits
 *   anything                                   what needs the object, and further changes to it
 *   a narrowing: a withdrawal, a denying rule  everything that permits more
 *     or member on its way in
 *   an accepting rule that was to be           members for its groups: they would reach its old destination;
 *     rewritten or moved                       denying rules and members that go: they still stand before it
 *
 * A rule that was to stand after one that is left out stands where that one was to stand.
 */
export class SkippedChanges<R extends Resource> {
  readonly #keys = new Map<string, ResourceKey>();
  readonly #places = new Map<string, Place>();
  readonly #groupsOfLagging = new Map<string, ResourceKey>();
  #narrowing: ResourceKey | undefined;
  #lagging: ResourceKey | undefined;

  add(change: Change<R>): void {
    const { key } = change;
    this.#keys.set(keyOf(key), key);
    if ('place' in change) this.#places.set(keyOf(key), change.place);
    if (narrows(change)) this.#narrowing ??= key;
    if (!lags(change)) return;
    this.#lagging ??= key;
    for (const ref of [...(change.before?.refs ?? []), ...(change.after?.refs ?? [])]) {
      this.#groupsOfLagging.set(keyOf(ref), key);
    }
  }

  /** What this change has to wait for, if anything. */
  blockerOf(change: Change<R>): ResourceKey | undefined {
    const missing = [change.key, ...(change.after?.refs ?? [])].find((key) => this.#keys.has(keyOf(key)));
    if (missing !== undefined) return missing;
    if (widens(change) && this.#narrowing !== undefined) return this.#narrowing;
    if (change.phase === 'extend') return this.#groupsOfLagging.get(keyOf(change.key));
    return uncovers(change) ? this.#lagging : undefined;
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

function widens({ phase }: Change): boolean {
  return phase === 'wire' || phase === 'extend' || phase === 'shrink';
}

/** An accepting rule stays on the device as it was, or where it was. */
function lags(change: Change): boolean {
  return change.phase === 'wire' && change.op !== 'create' && change.after?.effect === 'Accept';
}

/** What stands before an accepting rule goes, or sinks. */
function uncovers({ phase, op, after, before }: Change): boolean {
  return (after ?? before)?.effect === 'Deny' && (phase === 'shrink' || (phase === 'wire' && op === 'move'));
}
